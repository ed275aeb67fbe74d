using MedMoE.Mesh.Trainer.Evaluation;

namespace MedMoE.Mesh.Trainer.Plots;

/// <summary>An evaluation as pictures in a folder.</summary>
internal static class EvaluationPlots
{
    /// <summary>Writes a PNG for everything that was measured.</summary>
    /// <exception cref="IOException">The folder or a file cannot be written.</exception>
    public static void Write(string folder, EvaluationResult result, IReadOnlyList<GroundedExample> examples)
    {
        Directory.CreateDirectory(folder);
        string PathOf(string name) => Path.Combine(folder, $"{name}.png");
        ConfusionPlot.Write(PathOf("confusion-gate-report"), "Gate on the report", result.Gate.Experts, result.Gate.ReportConfusion);
        ConfusionPlot.Write(PathOf("confusion-gate-image"), "Gate on the image", result.Gate.Experts, result.Gate.ImageConfusion);
        foreach (var (type, zeroShot) in result.ZeroShot?.ByType ?? new Dictionary<string, Evaluation.Tasks.ZeroShotOfType>())
        {
            ConfusionPlot.Write(PathOf($"confusion-zero-shot-{type}"), $"Zero-shot findings, {type}", zeroShot.Classes, zeroShot.Confusion);
        }
        ReliabilityPlot.Write(PathOf("reliability"), result.Calibration);
        if (result.Retrieval is { } retrieval)
        {
            RecallPlot.Write(PathOf("recall"), retrieval);
        }
        if (examples.Count > 0)
        {
            AttentionSheet.Write(PathOf("attention"), result.ModelVersion, examples);
        }
    }
}
