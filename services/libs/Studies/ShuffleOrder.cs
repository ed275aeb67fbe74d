namespace MedMoE.Mesh.Studies;

/// <summary>
/// The order of an epoch: a function of data, seed and epoch alone, so that a resumed run sees the batches that the interrupted one would have.
/// (.NET keeps the sequence of a seeded <see cref="Random"/> from version to version.)
/// </summary>
/// <param name="Seed">The run's.</param>
/// <param name="Epoch">From 0.</param>
/// <param name="Window">Records held at once where a data set is too large to hold. Default 1,000.</param>
public sealed record ShuffleOrder(int Seed, int Epoch, int Window = 1000)
{
    public Random NewRandom() => new(unchecked((Seed * 1_000_003) + Epoch));

    /// <summary>Draws each next record from a window that the stream refills.</summary>
    public static IEnumerable<T> InWindow<T>(IEnumerable<T> stream, int window, Random random)
    {
        var held = new List<T>(window);
        foreach (var record in stream)
        {
            if (held.Count < window)
            {
                held.Add(record);
                continue;
            }
            var drawn = random.Next(window);
            var next = held[drawn];
            held[drawn] = record;
            yield return next;
        }
        while (held.Count > 0)
        {
            var drawn = random.Next(held.Count);
            var next = held[drawn];
            held[drawn] = held[^1];
            held.RemoveAt(held.Count - 1);
            yield return next;
        }
    }
}
