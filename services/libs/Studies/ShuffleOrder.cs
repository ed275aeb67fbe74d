namespace MedMoE.Mesh.Studies;

/// <summary>
/// The order of an epoch (from 0), which depends only on data, seed and epoch, so that a resumed run gets the batches of the interrupted one. (.NET
/// keeps the sequence of a seeded <see cref="Random"/> in all versions.) The window is the size of the shuffle buffer, in records.
/// </summary>
public sealed record ShuffleOrder(int Seed, int Epoch, int Window = 1000)
{
    public Random NewRandom() => new(unchecked((Seed * 1_000_003) + Epoch));

    /// <summary>Draws each record from a shuffle buffer that the stream refills.</summary>
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
