using System.Numerics.Tensors;
using System.Text.Json.Serialization;
using MedMoE.Mesh.Evaluation.Metrics;
using MedMoE.Mesh.Evaluation.Output;
using MedMoE.Mesh.Evaluation.Plots;

namespace MedMoE.Mesh.Evaluation.Tasks;

/// <summary>How often the gates pick the expert of the study's type.</summary>
/// <param name="Report">Accuracy of the gate on the report, 0..1.</param>
/// <param name="Image">Accuracy of the gate on the image, 0..1.</param>
/// <param name="Experts">Order of the confusions' rows (truth) and columns (picked).</param>
/// <param name="ReportConfusion">Studies, [truth][picked].</param>
/// <param name="ImageConfusion">Studies, [truth][picked].</param>
public sealed record GateResult(
    double Report, double Image, IReadOnlyList<string> Experts,
    IReadOnlyList<IReadOnlyList<int>> ReportConfusion, IReadOnlyList<IReadOnlyList<int>> ImageConfusion)
{
    [JsonIgnore]
    public int Studies => ReportConfusion.Sum(row => row.Sum());
}

/// <summary>Both gates against the true types.</summary>
internal sealed class GateTask(IReadOnlyList<string> experts) : EvaluationTask("gate")
{
    private readonly ConfusionMatrix _report = new(experts);
    private readonly ConfusionMatrix _image = new(experts);
    private readonly Reliability _reportReliability = new();
    private readonly Reliability _imageReliability = new();

    public override GateResult Result => new(_report.Accuracy, _image.Accuracy, experts, _report.Counts, _image.Counts);

    public override IReadOnlyList<Calibration> Calibrations =>
    [
        new("report_gate", "Gate on the report", CalibrationOf.Of(_reportReliability)),
        new("image_gate", "Gate on the image", CalibrationOf.Of(_imageReliability)),
    ];

    public override void Add(StudyGroup group, EvaluationNotes notes)
    {
        foreach (var study in group.Studies)
        {
            Add(group.Type, study.Report.Gate, study.Reading.Gate);
        }
    }

    public override void Write(EvaluationText text)
    {
        text.Row("gate, report", _report.Accuracy, $"calibration error {Calibrations[0].Found?.ExpectedError:F3}");
        text.Row("gate, image", _image.Accuracy, $"calibration error {Calibrations[1].Found?.ExpectedError:F3}");
    }

    public override void Draw(Func<string, string> pathOf, string model)
    {
        ConfusionPlot.Write(pathOf("confusion-gate-report"), "Gate on the report", experts, _report.Counts);
        ConfusionPlot.Write(pathOf("confusion-gate-image"), "Gate on the image", experts, _image.Counts);
    }

    /// <param name="type">The study's type.</param>
    /// <param name="report">Probabilities by the gate on the report.</param>
    /// <param name="image">Probabilities by the gate on the image.</param>
    internal void Add(int type, float[] report, float[] image)
    {
        Add(_report, _reportReliability, type, report);
        Add(_image, _imageReliability, type, image);
    }

    private static void Add(ConfusionMatrix confusion, Reliability reliability, int type, float[] probabilities)
    {
        var picked = TensorPrimitives.IndexOfMax<float>(probabilities);
        confusion.Add(type, picked);
        reliability.Add(probabilities[picked], picked == type);
    }
}
