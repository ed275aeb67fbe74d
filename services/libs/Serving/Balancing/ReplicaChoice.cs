namespace MedMoE.Mesh.Serving.Balancing;

/// <summary>
/// Chooses a replica: of two drawn at random, the better one (Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, 2001). Callers
/// that know little of each other do not all choose the same, as they would if each took the best.
/// </summary>
public static class ReplicaChoice
{
    /// <summary>Replicas whose times differ by less are taken as equally fast. Otherwise chance would give the one most of the calls.</summary>
    private const double Tolerance = 2;

    /// <summary>
    /// The place of the chosen replica. Those that the operation <paramref name="tried"/> before come last; before them come those that are left
    /// out, at most half of all: more would overload the others, and when most fail it is not they that are at fault.
    /// </summary>
    /// <param name="replicas">At least one.</param>
    /// <param name="tried">By its place; null if none was.</param>
    public static int Of(IReadOnlyList<ReplicaLoad> replicas, Func<int, bool>? tried = null)
    {
        if (replicas.Count == 1)
        {
            return 0;
        }
        var places = Enumerable.Range(0, replicas.Count).ToArray();
        var leftOut = LeftOut(replicas);
        var best = OrAll(Array.FindAll(places, place => tried?.Invoke(place) != true), places);
        best = OrAll(Array.FindAll(best, place => !leftOut.Contains(place)), best);
        var slowness = Array.ConvertAll(best, place => replicas[place].Slowness);
        Array.Sort(slowness);
        var usual = slowness[(slowness.Length - 1) / 2];
        var slow = Array.FindAll(best, place => replicas[place].Slowness >= Tolerance * usual);
        var fast = slow.Length <= best.Length / 2 ? Array.FindAll(best, place => !slow.Contains(place)) : best;
        Random.Shared.Shuffle(fast);
        var chosen = fast.Length > 1 ? Better(fast[0], fast[1]) : fast[0];
        // Drawn besides: among the two it would often be no choice. It is taken when the others have more to do than it is slower.
        return slow.Length > 0 && fast != best ? Better(chosen, slow[Random.Shared.Next(slow.Length)]) : chosen;

        int Better(int one, int other) => IsBetter(replicas[other], replicas[one]) ? other : one;
    }

    private static int[] OrAll(int[] some, int[] all) => some.Length > 0 ? some : all;

    private static IReadOnlyList<int> LeftOut(IReadOnlyList<ReplicaLoad> replicas)
    {
        var absent = new List<(int Place, TimeSpan Absence)>();
        for (var i = 0; i < replicas.Count; i++)
        {
            if (replicas[i].Absence is var absence && absence > TimeSpan.Zero)
            {
                absent.Add((i, absence));
            }
        }
        return [.. absent.OrderByDescending(one => one.Absence).Take(replicas.Count / 2).Select(one => one.Place)];
    }

    private static bool IsBetter(ReplicaLoad one, ReplicaLoad other)
    {
        var (slowness, others) = (one.Slowness, other.Slowness);
        if (Math.Max(slowness, others) < Tolerance * Math.Min(slowness, others))
        {
            slowness = others = 1;
        }
        return slowness * Cost(one) < others * Cost(other);
    }

    // Calls of other callers are known by the report alone.
    private static double Cost(ReplicaLoad replica) => (replica.InFlight + 1) * (1 + replica.Utilization);
}
