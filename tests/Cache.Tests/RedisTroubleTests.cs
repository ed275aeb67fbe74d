using MedMoE.Mesh.ServicesUnderTest;
using StackExchange.Redis;

namespace MedMoE.Mesh.Cache.Tests;

/// <summary>Requests and logs while a real Redis has problems.</summary>
public sealed class RedisTroubleTests
{
    [Fact]
    public async Task Redis_FullAndNeverEvicting_KnownEntriesAreHitAndOneLineTellsEachEnd()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var admin = await Admin(redis);
        await CacheUnderTest.Fill(redis.Address, ("known", [1, 2, 3]));
        await admin.GetServers()[0].ConfigSetAsync("maxmemory-policy", "noeviction");
        await admin.GetServers()[0].ConfigSetAsync("maxmemory", "1mb");
        await using var cache = new CacheUnderTest(CacheUnderTest.For(redis.Address));

        var begin = await cache.NextLine("known");
        await ThroughPauses(cache);
        Assert.Null(cache.Log.TryRead());
        await admin.GetServers()[0].ConfigSetAsync("maxmemory", "0");
        var end = await cache.NextLine("known");

        Assert.StartsWith("Redis: writes fail (Redis error: OOM command not allowed", begin);
        Assert.Equal("Redis: writes work again", end);
    }

    [Theory]
    [InlineData(true, "Redis error: READONLY You can't write against a read only replica.")]
    [InlineData(false, "No connection (requires writable - not eligible for replica)")]
    public async Task Redis_ReadOnlyReplica_KnownEntriesAreHitAndOneLineTellsIt(bool connectedBefore, string reason)
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var admin = await Admin(redis);
        await CacheUnderTest.Fill(redis.Address, ("known", [1, 2, 3]));
        await using var earlier = new CacheUnderTest(CacheUnderTest.For(redis.Address));
        await earlier.ReadAndWrite("known");
        // A replica of an unreachable master keeps its data.
        await admin.GetDatabase().ExecuteAsync("REPLICAOF", "127.0.0.1", "1");
        await using var later = new CacheUnderTest(CacheUnderTest.For(redis.Address));
        var cache = connectedBefore ? earlier : later;

        var begin = await cache.NextLine("known");
        await ThroughPauses(cache);

        Assert.Equal($"Redis: writes fail ({reason}); they are paused until they succeed", begin);
        Assert.Null(cache.Log.TryRead());
    }

    [Fact]
    public async Task Connect_WithoutARedis_OneLineTellsIt()
    {
        using var nobody = new UnansweredAddress();
        await using var cache = new CacheUnderTest(CacheUnderTest.For($"{nobody}"));
        await cache.Connect();
        Assert.StartsWith("Redis: reads fail (No connection", cache.Log.TryRead());
    }

    [Fact]
    public async Task Redis_DoesNotAnswerForLong_OneLineTellsEachEnd()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var admin = await Admin(redis);
        await CacheUnderTest.Fill(redis.Address, ("known", [1, 2, 3]));
        await using var cache = new CacheUnderTest(CacheUnderTest.For(redis.Address) with { RedisTimeout = TimeSpan.FromMilliseconds(20) });

        await admin.GetDatabase().ExecuteAsync("CLIENT", "PAUSE", "2000", "ALL");
        var begin = await cache.NextLine("known", mayMiss: true);
        var end = await cache.NextLine("known", mayMiss: true);

        Assert.Equal("Redis: reads fail (no answer within 20 ms); they are paused until they succeed", begin);
        Assert.Equal("Redis: reads work again", end);
    }

    [Fact]
    public async Task Redis_Killed_IsOneTroubleAndHeals()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await CacheUnderTest.Fill(redis.Address, ("known", [1, 2, 3]));
        await using var cache = new CacheUnderTest(CacheUnderTest.For(redis.Address));
        await cache.ReadAndWrite("known");

        redis.Kill();
        var begin = await cache.NextLine("known", mayMiss: true);
        await redis.Restart();
        var end = await cache.NextLine("known", mayMiss: true);

        Assert.StartsWith("Redis: reads fail (no connection", begin, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("Redis: reads work again", end);
    }

    [Fact]
    public async Task LargeEntry_OnItsWay_SmallOnesAreHitAndItIsAwaitedForItsSize()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await CacheUnderTest.Fill(redis.Address, ("small", [1, 2, 3]), ("large", new byte[4 << 20]));
        await using var link = new HeldLink(redis.Address, heldAfter: 1 << 20);
        await using var cache = new CacheUnderTest(CacheUnderTest.For(link.Address) with { RedisMinBandwidth = 40_000 });
        Assert.NotNull(await cache.Get("small"));

        // Allowed to take a hundred seconds, in addition to the ten of each answer.
        var large = cache.Get("large");
        await link.IsHeld;
        for (var i = 0; i < 60; i++)
        {
            Assert.NotNull(await cache.Get("small"));
        }
        Assert.False(large.IsCompleted);
        link.Release();

        Assert.Equal(4 << 20, (await large)!.Length);
    }

    [Fact]
    public async Task LargeEntries_NeverInTime_SmallOnesAreHitAllTheSame()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await CacheUnderTest.Fill(redis.Address, ("small", [1, 2, 3]), ("large", new byte[4 << 20]));
        await using var link = new HeldLink(redis.Address, heldAfter: 1 << 20);
        // Held for ever: no timeout is long enough for the large entries.
        await using var cache = new CacheUnderTest(
            CacheUnderTest.For(link.Address) with { RedisTimeout = TimeSpan.FromSeconds(1), RedisMinBandwidth = 1_000_000_000 });

        string? line;
        do
        {
            Assert.Null(await cache.Get("large"));
            Assert.NotNull(await cache.Get("small"));
            line = cache.Log.TryRead();
        }
        while (line is null);

        Assert.StartsWith("Redis: reads of large entries fail (no answer within 1", line);
        for (var i = 0; i < 60; i++)
        {
            Assert.NotNull(await cache.Get("small"));
        }
    }

    /// <summary>Keeps reading and writing for longer than several pauses.</summary>
    private static async Task ThroughPauses(CacheUnderTest cache)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(1))
        {
            await cache.ReadAndWrite("known");
        }
    }

    private static async Task<ConnectionMultiplexer> Admin(RedisServer redis) =>
        await ConnectionMultiplexer.ConnectAsync($"{redis.Address},allowAdmin=true");
}
