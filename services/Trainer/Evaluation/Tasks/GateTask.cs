using System.Numerics.Tensors;
using System.Text.Json.Serialization;
using MedMoE.Mesh.Trainer.Evaluation.Metrics;

namespace MedMoE.Mesh.Trainer.Evaluation.Tasks;

/// <summary>How often the gates pick the expert of the study's type.</summary>
/// <param name="Report">Accuracy of the gate on the report, 0..1.</param>
/// <param name="Image">Accuracy of the gate on the image, 0..1.</param>
/// <param name="Experts">Order of the confusions' rows (truth) and columns (picked).</param>
/// <param name="ReportConfusion">Studies, [truth][picked].</param>
/// <param name="ImageConfusion">Studies, [truth][picked].</param>
internal sealed record GateResult(
    double Report, double Image, IReadOnlyList<string> Experts,
    IReadOnlyList<IReadOnlyList<int>> ReportConfusion, IReadOnlyList<IReadOnlyList<int>> ImageConfusion)
{
    [JsonIgnore]
    public int Studies => ReportConfusion.Sum(row => row.Sum());
}

/// <summary>Both gates against the true types.</summary>
internal sealed class GateTask(IReadOnlyList<string> experts)
{
    private readonly ConfusionMatrix _report = new(experts);
    private readonly ConfusionMatrix _image = new(experts);

    public Reliability ReportReliability { get; } = new();

    public Reliability ImageReliability { get; } = new();

    public GateResult Result => new(_report.Accuracy, _image.Accuracy, experts, _report.Counts, _image.Counts);

    /// <param name="type">The study's type.</param>
    /// <param name="report">Probabilities by the gate on the report.</param>
    /// <param name="image">Probabilities by the gate on the image.</param>
    public void Add(int type, float[] report, float[] image)
    {
        Add(_report, ReportReliability, type, report);
        Add(_image, ImageReliability, type, image);
    }

    private static void Add(ConfusionMatrix confusion, Reliability reliability, int type, float[] probabilities)
    {
        var picked = TensorPrimitives.IndexOfMax<float>(probabilities);
        confusion.Add(type, picked);
        reliability.Add(probabilities[picked], picked == type);
    }
}
