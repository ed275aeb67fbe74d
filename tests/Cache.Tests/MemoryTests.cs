using System.Buffers;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Cache.Tests;

public sealed class MemoryTests
{
    private const long Capacity = 256 << 20;

    /// <summary>
    /// Bytes of a pyramid's levels: those of the demo bundle, and those of a Swin-T, whose first ones are in the large object heap.
    /// </summary>
    [Theory]
    [InlineData(50_208, 25_120, 12_576, 6_800)]
    [InlineData(602_112, 301_056, 150_528, 75_264)]
    public async Task Memory_EntriesComeAndGo_StaysNearItsBytes(params int[] levels)
    {
        using var meter = new Meter("cache test");
        await using var cache = new FeatureCache(
            Options.Create(new CacheOptions { MemoryBytes = Capacity }), new CacheMetrics(meter), NullLogger<FeatureCache>.Instance);

        var (most, kept) = MostWhileTheyComeAndGo(cache, levels);

        TestContext.Current.TestOutputHelper?.WriteLine($"{most >> 20} MiB at most, {kept >> 20} kept, for {Capacity >> 20}");
        // A cache that keeps less would be useless.
        Assert.InRange(kept, 9 * Capacity / 10, 21 * Capacity / 20);
        // Entries come here faster than collections can follow.
        Assert.InRange(most, kept, 13 * Capacity / 10);
    }

    /// <summary>Memory at most while entries come, and what is alive at the end.</summary>
    private static (long Most, long Kept) MostWhileTheyComeAndGo(FeatureCache cache, int[] levels)
    {
        var kind = new EntryKind<byte[][]>("levels", v => v.Sum(l => l.Length), (v, writer) => Array.ForEach(v, l => writer.Write(l)), _ => []);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var most = 0L;
        for (var (entry, written) = (0, 0L); written < 4 * Capacity; entry++, written += levels.Sum())
        {
            cache.Set(kind, $"{entry}", [.. levels.Select(length => new byte[length])], TimeSpan.Zero);
            most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: false) - before);
        }
        return (most, GC.GetTotalMemory(forceFullCollection: true) - before);
    }
}
