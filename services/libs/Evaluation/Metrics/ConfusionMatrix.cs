namespace MedMoE.Mesh.Evaluation.Metrics;

internal sealed class ConfusionMatrix(IReadOnlyList<string> classes)
{
    private readonly int[][] _counts = [.. classes.Select(_ => new int[classes.Count])];

    public IReadOnlyList<string> Classes { get; } = classes;

    /// <summary>Counts[truth][predicted].</summary>
    public IReadOnlyList<IReadOnlyList<int>> Counts => _counts;

    public int Total => _counts.Sum(row => row.Sum());

    /// <summary>The diagonal's share, 0..1; NaN without studies.</summary>
    public double Accuracy => (double)Enumerable.Range(0, Classes.Count).Sum(i => _counts[i][i]) / Total;

    public void Add(int truth, int predicted) => _counts[truth][predicted]++;
}
