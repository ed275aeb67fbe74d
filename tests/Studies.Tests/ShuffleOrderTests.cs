
namespace MedMoE.Mesh.Studies.Tests;

public sealed class ShuffleOrderTests
{
    [Fact]
    public void InWindow_AnyStream_IsAPermutationOfIt()
    {
        var shuffled = ShuffleOrder.InWindow(Enumerable.Range(0, 100), 10, new Random(1)).ToArray();

        Assert.Equal(Enumerable.Range(0, 100), shuffled.Order());
        Assert.NotEqual(Enumerable.Range(0, 100), shuffled);
        // No record can be returned before it has been read.
        Assert.All(shuffled.Index(), at => Assert.True(at.Item <= at.Index + 10));
    }

    [Fact]
    public void InWindow_LongStream_HoldsTheWindowAndNoMore()
    {
        var (read, given, held) = (0, 0, 0);
        IEnumerable<int> Stream()
        {
            for (; read < 1000; read++)
            {
                held = Math.Max(held, read - given);
                yield return read;
            }
        }

        foreach (var _ in ShuffleOrder.InWindow(Stream(), 20, new Random(1)))
        {
            given++;
        }

        Assert.Equal(1000, given);
        Assert.Equal(20, held);
    }
}
