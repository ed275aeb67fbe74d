namespace MedMoE.Mesh.Evaluation.Metrics;

/// <summary>Retrieval among candidates of which one or several are right.</summary>
internal static class Ranking
{
    /// <summary>
    /// Wrong candidates that come before the best right one; Recall@k is the share of queries for which it is below k. A wrong candidate that
    /// ties with the best right one counts as before it, so that a model that tells nothing apart finds nothing.
    /// </summary>
    /// <param name="scores">Score of each candidate; NaN comes before every right one.</param>
    /// <param name="right">Which are right; at least one.</param>
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

    /// <summary>Recall@k to expect of a random order: 1 − C(wrong, k) / C(candidates, k).</summary>
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
