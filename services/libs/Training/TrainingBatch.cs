using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Training;

/// <summary>
/// A batch for the contrastive losses: normalised pixels of each image, [3, size, size]; tokens of each report, at least one word; and the index of
/// each pair's true report type.
/// </summary>
public sealed record TrainingBatch(IReadOnlyList<float[]> Pixels, IReadOnlyList<Tokens> Reports, IReadOnlyList<int> ReportTypes);

/// <summary>A source of batches, which are the same on every call.</summary>
public interface IBatchSource
{
    /// <summary>The batches of an epoch, from 0, without the first ones to skip.</summary>
    IEnumerable<TrainingBatch> Epoch(int epoch, int skip);

    /// <summary>Null without validation data.</summary>
    IEnumerable<TrainingBatch>? Validation { get; }

    /// <summary>SHA-256 that tells the data of <see cref="Epoch"/> from other data.</summary>
    string Digest { get; }

    /// <summary>That of the data of <see cref="Validation"/>; null without.</summary>
    string? ValidationDigest { get; }
}
