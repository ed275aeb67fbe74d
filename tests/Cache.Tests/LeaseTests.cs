using MedMoE.Mesh.ServicesUnderTest;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace MedMoE.Mesh.Cache.Tests;

/// <summary>Caches that miss one entry at once, on a real Redis.</summary>
public sealed class LeaseTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Entry_OfTheHolder_IsFoundByAllOthers()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var admin = await Admin(redis);
        await using var holder = Cache(redis);
        await using var others = Cache(redis);
        // It takes time to write: if the lease ended before, another would take it.
        var value = new byte[4 << 20];
        Random.Shared.NextBytes(value);
        for (var time = 0; time < 5; time++)
        {
            var key = $"{time}";
            var (none, lease) = await holder.GetOrLease(key);
            Assert.Null(none);
            var waiting = Enumerable.Range(0, 3).Select(_ => others.GetOrLease(key)).ToArray();
            await redis.UntilSomebodyWaits();

            holder.Set(key, value);
            lease!.Dispose();

            foreach (var (entry, another) in await Task.WhenAll(waiting).WaitAsync(_patience))
            {
                Assert.True(value.AsSpan().SequenceEqual(entry), entry is null ? "not found" : "another entry");
                Assert.Null(another);
            }
        }
        // No lease is left behind.
        await Patience.Until("the last lease to end", () => admin.GetServers()[0].Keys().Count() == 5);
    }

    [Fact]
    public async Task Misses_AtOnce_OneGetsTheLease()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var one = Cache(redis);
        await using var other = Cache(redis);
        // Connects.
        await Task.WhenAll(one.Get("none"), other.Get("none"));
        for (var time = 0; time < 50; time++)
        {
            var computed = 0;
            async Task<byte[]> Find(CacheUnderTest cache)
            {
                var (entry, lease) = await cache.GetOrLease($"{time}");
                using (lease)
                {
                    if (entry is null)
                    {
                        Interlocked.Increment(ref computed);
                        cache.Set($"{time}", entry = [(byte)time]);
                    }
                    return entry;
                }
            }

            var found = await Task.WhenAll(Find(one), Find(other)).WaitAsync(_patience);

            Assert.All(found, entry => Assert.Equal([(byte)time], entry));
            Assert.Equal(1, computed);
        }
    }

    [Fact]
    public async Task Holder_Fails_AnotherGetsTheLease()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var admin = await Admin(redis);
        await using var holder = Cache(redis);
        await using var other = Cache(redis);
        var (_, lease) = await holder.GetOrLease("a");
        var waiting = other.GetOrLease("a");
        await redis.UntilSomebodyWaits();
        await Prolong(admin, "a");

        lease!.Dispose();

        var (entry, next) = await waiting.WaitAsync(_patience);
        Assert.Null(entry);
        Assert.NotNull(next);
    }

    [Fact]
    public async Task Holder_Died_AnotherGetsTheLeaseWhenItHasEnded()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var admin = await Admin(redis);
        await using var cache = Cache(redis);
        // What a router leaves that was killed while it computed.
        await admin.GetDatabase().StringSetAsync(LeaseOf("a"), "", TimeSpan.FromMilliseconds(300));

        var (entry, lease) = await cache.GetOrLease("a").WaitAsync(_patience);

        Assert.Null(entry);
        Assert.NotNull(lease);
    }

    [Fact]
    public async Task Holder_ComputesForLong_KeepsTheLease()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var admin = await Admin(redis);
        var database = admin.GetDatabase();
        var time = new FakeTimeProvider();
        await using var holder = new CacheUnderTest(CacheUnderTest.For(redis.Address), time: time);
        var (_, lease) = await holder.GetOrLease("a");
        // It ends by itself if its holder dies.
        Assert.InRange(await database.KeyTimeToLiveAsync(LeaseOf("a")) ?? TimeSpan.MaxValue, TimeSpan.Zero, Lease.Duration);
        for (var second = 0; second < 10; second++)
        {
            await Prolong(admin, "a");
            time.Advance(Lease.Duration / 3);
            await Patience.Until("the lease to be extended", async () => await database.KeyTimeToLiveAsync(LeaseOf("a")) <= Lease.Duration);
        }

        lease!.Dispose();

        await Patience.Until("the lease to end", async () => !await database.KeyExistsAsync(LeaseOf("a")));
    }

    [Theory]
    [InlineData("killed")]
    [InlineData("frozen")]
    [InlineData("full")]
    public async Task Redis_FailsMeanwhile_NobodyIsWaitedFor(string how)
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var admin = await Admin(redis);
        await using var holder = Cache(redis);
        await using var other = new CacheUnderTest(
            CacheUnderTest.For(redis.Address) with { RedisTimeout = TimeSpan.FromMilliseconds(500), LeaseWait = TimeSpan.FromHours(1) });
        var (_, lease) = await holder.GetOrLease("a");
        var waiting = other.GetOrLease("a");
        await redis.UntilSomebodyWaits();

        switch (how)
        {
            case "killed":
                redis.Kill();
                break;
            case "frozen":
                redis.Freeze();
                break;
            default:
                await Fill(admin);
                break;
        }

        Assert.Equal((null, null), await waiting.WaitAsync(_patience));
        // Nor does the holder fail.
        holder.Set("a", [1]);
        lease!.Dispose();
        if (how == "frozen")
        {
            redis.Thaw();
        }
    }

    [Theory]
    [InlineData(true, "OOM command not allowed")]
    [InlineData(false, "READONLY You can't write")]
    public async Task Redis_TakesNoWrites_NoLeaseIsTakenAndKnownEntriesAreHit(bool full, string reason)
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var admin = await Admin(redis);
        await CacheUnderTest.Fill(redis.Address, ("known", [1, 2, 3]));
        await using var cache = Cache(redis);
        // Connects.
        await cache.Get("none");
        // A replica of an unreachable master keeps its data.
        await (full ? Fill(admin) : admin.GetDatabase().ExecuteAsync("REPLICAOF", "127.0.0.1", "1"));

        Assert.Equal((null, null), await cache.GetOrLease("a").WaitAsync(_patience));

        Assert.StartsWith($"Redis: writes fail (Redis error: {reason}", cache.Log.TryRead());
        Assert.Equal([1, 2, 3], (await cache.GetOrLease("known")).Entry);
        Assert.Null(cache.Log.TryRead());
    }

    [Fact]
    public async Task Holder_SlowerThanTheWait_IsWaitedForNoLonger()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var holder = Cache(redis);
        await using var other = new CacheUnderTest(CacheUnderTest.For(redis.Address) with { LeaseWait = TimeSpan.FromMilliseconds(100) });
        using var lease = (await holder.GetOrLease("a")).Lease;

        Assert.Equal((null, null), await other.GetOrLease("a").WaitAsync(_patience));
    }

    [Fact]
    public async Task Waiting_Cancelled_Ends()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var holder = Cache(redis);
        await using var other = Cache(redis);
        using var lease = (await holder.GetOrLease("a")).Lease;
        using var gone = new CancellationTokenSource();
        var waiting = other.GetOrLease("a", gone.Token);
        await redis.UntilSomebodyWaits();

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(_patience));
    }

    [Fact]
    public async Task Entry_TooLargeForRedis_LeaseEndsAtOnce()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var admin = await Admin(redis);
        await using var holder = new CacheUnderTest(CacheUnderTest.For(redis.Address) with { MaxEntryBytes = 10 });
        await using var other = Cache(redis);
        var (_, lease) = await holder.GetOrLease("a");
        var waiting = other.GetOrLease("a");
        await redis.UntilSomebodyWaits();
        await Prolong(admin, "a");

        Assert.False(holder.Set("a", new byte[11]));
        lease!.Dispose();

        Assert.NotNull((await waiting.WaitAsync(_patience)).Lease);
    }

    [Fact]
    public async Task WithoutWaiting_RedisGetsNoLease()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var admin = await Admin(redis);
        await using var cache = new CacheUnderTest(CacheUnderTest.For(redis.Address) with { LeaseWait = TimeSpan.Zero });

        Assert.Equal((null, null), await cache.GetOrLease("a"));

        Assert.Empty(admin.GetServers()[0].Keys());
    }

    [Fact]
    public async Task WithoutRedis_NobodyIsWaitedFor()
    {
        await using var cache = new CacheUnderTest(new CacheOptions());

        var first = cache.GetOrLease("a");
        var second = cache.GetOrLease("a");

        Assert.True(first.IsCompleted && second.IsCompleted, "it waits");
        Assert.Equal([(null, null), (null, null)], await Task.WhenAll(first, second));
    }

    /// <summary>No other cache's patience ends a wait.</summary>
    private static CacheUnderTest Cache(RedisServer redis) =>
        new(CacheUnderTest.For(redis.Address) with { LeaseWait = TimeSpan.FromHours(1) });

    private static string LeaseOf(string key) => $"{RedisLevel.KeyPrefix}{CacheUnderTest.Kind.Name}:{key}:lease";

    /// <summary>Makes a lease longer than its holder does, and than a test waits.</summary>
    private static async Task Prolong(ConnectionMultiplexer admin, string key) =>
        Assert.True(await admin.GetDatabase().KeyExpireAsync(LeaseOf(key), TimeSpan.FromMinutes(5)));

    private static async Task<ConnectionMultiplexer> Admin(RedisServer redis) =>
        await ConnectionMultiplexer.ConnectAsync($"{redis.Address},allowAdmin=true");

    /// <summary>From now on it has no room for anything more.</summary>
    private static Task Fill(ConnectionMultiplexer admin) => admin.GetServers()[0].ConfigSetAsync("maxmemory", "1mb");
}
