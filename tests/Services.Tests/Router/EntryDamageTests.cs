using System.Diagnostics.Metrics;
using Google.Protobuf;
using MedMoE.Mesh.Cache;
using MedMoE.Mesh.Router.Answers;
using MedMoE.Mesh.Router.Pyramids;
using MedMoE.Mesh.Router.Texts;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace MedMoE.Mesh.Services.Tests.Router;

/// <summary>Entries of every kind that Redis returns with one bit changed.</summary>
public sealed class EntryDamageTests
{
    private const int Flips = 500;

    [Fact]
    public Task Text_OneBitFlipped_IsAMiss() => AssertMisses(TextEntry.Kind, new EncodedText
    {
        Words = { new Word { Start = 0, End = 5 }, new Word { Start = 6, End = 12 } },
        Sentence = Numbers(96),
        WordEmbeddings = Numbers(2, 96),
    });

    [Fact]
    public Task Answer_OneBitFlipped_IsAMiss() => AssertMisses(AnswerEntry.Kind, new LocalizeResponse
    {
        Expert = "ct",
        GridSide = 28,
        Model = new ModelInfo { ModelVersion = "1" },
        ImageEmbedding = Numbers(96),
        Texts =
        {
            new TextGrounding
            {
                GlobalSimilarity = 0.348f,
                LocalSimilarity = 0.5f,
                Words = { new WordGrounding { Similarity = 0.25f, PeakRow = 3 } },
            },
        },
    });

    [Fact]
    public Task Pooled_OneBitFlipped_IsAMiss() => AssertMisses(PyramidEntry.Pooled, Numbers(256));

    [Fact]
    public Task Pyramid_OneBitFlipped_IsAMiss() => AssertMisses(PyramidEntry.Levels, Levels());

    /// <summary>A copy with one bit changed.</summary>
    internal static byte[] Flip(byte[] entry, long bit)
    {
        byte[] flipped = [.. entry];
        flipped[bit / 8] ^= (byte)(1 << (int)(bit % 8));
        return flipped;
    }

    private static async Task AssertMisses<T>(EntryKind<T> kind, T value)
        where T : class
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using (var writer = Cache(redis.Address))
        {
            // Writes need a connection first.
            await writer.Get(kind, "none");
            writer.Set(kind, "key", value, TimeSpan.FromMilliseconds(5));
        }
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.Address);
        var database = connection.GetDatabase();
        var key = Assert.Single(connection.GetServers()[0].Keys());
        var entry = (byte[])(await database.StringGetAsync(key))!;
        await using var cache = Cache(redis.Address);
        Assert.NotNull(await cache.Get(kind, "key"));
        var random = new Random(1);
        for (var flip = 0; flip < Flips; flip++)
        {
            var bit = random.NextInt64((long)entry.Length * 8);
            await database.StringSetAsync(key, Flip(entry, bit));
            Assert.True(await cache.Get(kind, "key") is null, $"bit {bit} of {entry.Length} bytes");
        }
        await database.StringSetAsync(key, entry);
        Assert.NotNull(await cache.Get(kind, "key"));
    }

    private static FeatureCache Cache(string redis)
    {
        // Longer timeout than in production, because the machine may be busy. Nothing is kept in memory.
        var options = new CacheOptions { Redis = redis, MemoryBytes = 0, RedisTimeout = TimeSpan.FromSeconds(10) };
        return new FeatureCache(Options.Create(options), new CacheMetrics(new Meter("entry damage")), NullLogger<FeatureCache>.Instance);
    }

    private static RelayMessage[] Levels() => [.. new[] { (14, 32), (7, 64), (4, 128), (2, 256) }.Select((shape, level) => new RelayMessage(
        new ExtractPyramidResponse
        {
            Level = new PyramidLevel
            {
                Level = level,
                LevelCount = 4,
                Features = Numbers(shape.Item1, shape.Item1, shape.Item2),
                Pooled = level == 3 ? Numbers(256) : null,
                Model = level == 3 ? new ModelInfo { ModelVersion = "1" } : null,
            },
        }.ToByteArray()))];

    private static WireTensor Numbers(params long[] shape) => WireTensors.FromSingles(
        [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (product, side) => product * side)).Select(i => MathF.Sin(i))], DataType.Fp16, shape);
}
