namespace MedMoE.Mesh.Evaluation.Metrics;

/// <summary>Retrieval among candidates of which one or more are right.</summary>
internal static class Ranking
{
    /// <summary>
    /// Number of wrong candidates before the best right one; Recall@k is the share of queries with a rank below k. Ties and NaN count as before it,
    /// so that a model with equal scores for all has no recall. At least one candidate must be right.
    /// </summary>
    public static int Rank(ReadOnlySpan<float> scores, ReadOnlySpan<bool> right)
    {
        var best = float.NegativeInfinity;
        for (var i = 0; i < scores.Length; i++)
        {
            best = right[i] && scores[i] > best ? scores[i] : best;
        }
        var before = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            before += !right[i] && !(scores[i] < best) ? 1 : 0;
        }
        return before;
    }

    /// <summary>Expected Recall@k of a random order: 1 − C(wrong, k) / C(candidates, k).</summary>
    public static double Chance(int candidates, int right, int k)
    {
        var miss = 1.0;
        for (var i = 0; i < Math.Min(k, candidates); i++)
        {
            miss *= (double)Math.Max(0, candidates - right - i) / (candidates - i);
        }
        return 1 - miss;
    }
}
