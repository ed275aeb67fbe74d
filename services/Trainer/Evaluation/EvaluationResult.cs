using MedMoE.Mesh.Trainer.Evaluation.Metrics;
using MedMoE.Mesh.Trainer.Evaluation.Tasks;

namespace MedMoE.Mesh.Trainer.Evaluation;

/// <summary>Everything that an evaluation found. A task that the data do not allow is null, and a note says why.</summary>
internal sealed record EvaluationResult
{
    /// <summary>Name and version of the bundle.</summary>
    public required string ModelVersion { get; init; }

    /// <summary>The bundle's notice.</summary>
    public string? Notice { get; init; }

    /// <summary>What picked the expert: auto, report, image, type or an expert's name.</summary>
    public required string Expert { get; init; }

    /// <summary>Studies of each report type.</summary>
    public required IReadOnlyDictionary<string, int> Studies { get; init; }

    public required GateResult Gate { get; init; }

    public ZeroShotResult? ZeroShot { get; init; }

    public RetrievalResult? Retrieval { get; init; }

    public GroundingResult? Grounding { get; init; }

    public ProbeResult? LinearProbe { get; init; }

    public required CalibrationResult Calibration { get; init; }

    /// <summary>Images that each expert saw.</summary>
    public required IReadOnlyDictionary<string, int> ExpertRuns { get; init; }

    /// <summary>Experts that ran for an image, on average: 1 where the gates agree.</summary>
    public required double ExpertsPerImage { get; init; }

    /// <summary>What was left out, and why.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}

/// <summary>Whether confidence is accuracy; null where the task was not done.</summary>
internal sealed record CalibrationResult(CalibrationOf? ReportGate, CalibrationOf? ImageGate, CalibrationOf? ZeroShot);

/// <param name="ExpectedError">Expected calibration error over 15 bins of equal width, 0..1.</param>
/// <param name="Bins">The bins.</param>
internal sealed record CalibrationOf(double ExpectedError, IReadOnlyList<ReliabilityBin> Bins)
{
    public static CalibrationOf? Of(Reliability reliability) => reliability.Total == 0 ? null : new(reliability.ExpectedError, reliability.Bins);
}
