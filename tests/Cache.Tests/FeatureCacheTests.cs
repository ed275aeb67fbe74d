using System.Buffers;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace MedMoE.Mesh.Cache.Tests;

public sealed class FeatureCacheTests
{
    private static readonly EntryKind<byte[]> _kind = new("bytes", v => v.Length, (v, writer) => writer.Write(v), bytes => bytes.ToArray());

    [Fact]
    public async Task Get_AfterSet_IsTheSameObjectUntilItsTimeIsOver()
    {
        var time = new FakeTimeProvider();
        await using var cache = Cache(new CacheOptions { TimeToLive = TimeSpan.FromMinutes(5) }, time);
        byte[] value = [1, 2, 3];
        Assert.Null(await cache.Get(_kind, "a"));
        cache.Set(_kind, "a", value, TimeSpan.FromMilliseconds(3));
        Assert.Same(value, await cache.Get(_kind, "a"));
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Null(await cache.Get(_kind, "a"));
    }

    [Fact]
    public async Task Set_OverTheBytes_DropsWhatWasNotUsedForLongest()
    {
        await using var cache = Cache(new CacheOptions { MemoryBytes = 3 * (10 + MemoryLevel.EntryOverhead) });
        void Set(string key) => cache.Set(_kind, key, new byte[10], TimeSpan.Zero);
        Set("a");
        Set("b");
        Set("c");
        Assert.NotNull(cache.Peek(_kind, "a"));
        Set("d");
        Assert.Null(cache.Peek(_kind, "b"));
        Assert.All(new[] { "a", "c", "d" }, key => Assert.NotNull(cache.Peek(_kind, key)));
        // Setting a key again replaces its entry.
        Set("d");
        Assert.All(new[] { "a", "c", "d" }, key => Assert.NotNull(cache.Peek(_kind, key)));
    }

    [Fact]
    public async Task Set_LargerThanAnEntryMayBe_IsNotKept()
    {
        await using var cache = Cache(new CacheOptions { MaxEntryBytes = 10 });
        cache.Set(_kind, "a", new byte[11], TimeSpan.Zero);
        cache.Set(_kind, "b", new byte[10], TimeSpan.Zero);
        Assert.Null(cache.Peek(_kind, "a"));
        Assert.NotNull(cache.Peek(_kind, "b"));
    }

    [Fact]
    public async Task Kinds_WithTheSameKey_AreApart()
    {
        await using var cache = Cache(new CacheOptions());
        cache.Set(_kind, "a", [1], TimeSpan.Zero);
        Assert.Null(await cache.Get(_kind with { Name = "other" }, "a"));
    }

    [Fact]
    public async Task Hits_AreCountedWithWhatTheySaved()
    {
        using var meter = new Meter("cache test");
        using var listener = new MeterListener();
        var counted = new Dictionary<string, double>();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter == meter)
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((i, value, _, _) => counted[i.Name] = counted.GetValueOrDefault(i.Name) + value);
        listener.SetMeasurementEventCallback<double>((i, value, _, _) => counted[i.Name] = counted.GetValueOrDefault(i.Name) + value);
        listener.Start();
        await using var cache = new FeatureCache(Options.Create(new CacheOptions()), new CacheMetrics(meter), NullLogger<FeatureCache>.Instance);
        await cache.Get(_kind, "a");
        cache.Set(_kind, "a", new byte[100], TimeSpan.FromMilliseconds(40));
        await cache.Get(_kind, "a");
        cache.Peek(_kind, "a");
        Assert.Equal(new Dictionary<string, double>
        {
            ["medmoe.cache.misses"] = 1,
            ["medmoe.cache.hits"] = 2,
            ["medmoe.cache.bytes"] = 200,
            ["medmoe.cache.saved"] = 80,
        }, counted);
    }

    private static FeatureCache Cache(CacheOptions options, TimeProvider? time = null) =>
        new(Options.Create(options), new CacheMetrics(new Meter("cache test")), NullLogger<FeatureCache>.Instance, time: time);
}
