using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Training;

/// <summary>Pairs that are contrasted with each other.</summary>
/// <param name="Pixels">Of each image [3, size, size], normalised.</param>
/// <param name="Reports">Tokens of each report, a word at least.</param>
/// <param name="ReportTypes">Index of the expert that each pair's true report type belongs to.</param>
public sealed record TrainingBatch(IReadOnlyList<float[]> Pixels, IReadOnlyList<Tokens> Reports, IReadOnlyList<int> ReportTypes);

/// <summary>Where batches come from. They are the same whenever they are asked for.</summary>
public interface IBatchSource
{
    /// <param name="epoch">From 0.</param>
    /// <param name="skip">Batches of it to leave out.</param>
    IEnumerable<TrainingBatch> Epoch(int epoch, int skip);

    /// <summary>What to validate with; null where there is nothing.</summary>
    IEnumerable<TrainingBatch>? Validation { get; }
}
