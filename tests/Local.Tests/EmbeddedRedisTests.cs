using StackExchange.Redis;

namespace MedMoE.Mesh.Local.Tests;

public sealed class EmbeddedRedisTests
{
    /// <summary>A Swin-T pyramid in fp16.</summary>
    private const int Pyramid = 1_128_960;

    [Fact]
    public async Task Redis_Pyramid_ComesBackAsItWas()
    {
        using var first = EmbeddedRedis.Start();
        using var second = EmbeddedRedis.Start();
        await using var client = await ConnectionMultiplexer.ConnectAsync(first.Address);
        await using var other = await ConnectionMultiplexer.ConnectAsync(second.Address);
        var value = new byte[Pyramid];
        Random.Shared.NextBytes(value);

        Assert.True(await client.GetDatabase().StringSetAsync("pyramid", value, TimeSpan.FromMinutes(1)));

        Assert.Equal(value, (byte[]?)await client.GetDatabase().StringGetAsync("pyramid"));
        Assert.False(await other.GetDatabase().KeyExistsAsync("pyramid"));
    }

    [Fact]
    public async Task Redis_MoreThanItHolds_ForgetsTheOldestAndNotItsBounds()
    {
        using var redis = EmbeddedRedis.Start();
        await using var client = await ConnectionMultiplexer.ConnectAsync(redis.Address);
        var database = client.GetDatabase();
        var value = new byte[Pyramid];
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var most = 0L;

        for (var key = 0; key < 1500; key++)
        {
            // Like the feature cache's entries.
            await database.StringSetAsync($"{key}", value, TimeSpan.FromHours(1));
            most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: false) - before);
        }

        var grown = (GC.GetTotalMemory(forceFullCollection: true) - before) >> 20;
        Assert.False(await database.KeyExistsAsync("0"));
        foreach (var key in Enumerable.Range(1100, 400))
        {
            Assert.Equal(value.Length, await database.StringLengthAsync($"{key}"));
        }
        Assert.True(grown < 600, $"{grown} MiB for a cache of 512");
        // With garbage that waits for the collector: 1.3 times the cache's size and the 110 MiB of an idle mesh up on a quiet machine, 1.4 on a busy
        // one.
        // A cache that frees nothing has all 1.6 GiB.
        Assert.True(most >> 20 < 2 * (512 + 110), $"{most >> 20} MiB at most for a cache of 512");
    }
}
