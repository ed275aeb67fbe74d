namespace MedMoE.Mesh.Evaluation.Metrics;

/// <summary>Whether a classification's confidence is its accuracy.</summary>
/// <param name="Name">In the JSON, snake_case.</param>
/// <param name="Title">On a plot.</param>
/// <param name="Found">Null where nothing was classified.</param>
internal sealed record Calibration(string Name, string Title, CalibrationOf? Found);

/// <param name="ExpectedError">Expected calibration error over 15 bins of equal width, 0..1.</param>
/// <param name="Bins">The bins.</param>
internal sealed record CalibrationOf(double ExpectedError, IReadOnlyList<ReliabilityBin> Bins)
{
    public static CalibrationOf? Of(Reliability reliability) => reliability.Total == 0 ? null : new(reliability.ExpectedError, reliability.Bins);
}
