namespace MedMoE.Mesh.Evaluation.Metrics;

/// <summary>How well a classification's confidence matches its accuracy; null if nothing was classified. The name is for JSON.</summary>
internal sealed record Calibration(string Name, string Title, CalibrationOf? Found);

/// <summary>Expected calibration error, 0..1, over 15 bins of equal width.</summary>
internal sealed record CalibrationOf(double ExpectedError, IReadOnlyList<ReliabilityBin> Bins)
{
    public static CalibrationOf? Of(Reliability reliability) => reliability.Total == 0 ? null : new(reliability.ExpectedError, reliability.Bins);
}
