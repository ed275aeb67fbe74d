using System.Numerics.Tensors;
using System.Text.Json.Serialization;
using MedMoE.Mesh.Evaluation.Metrics;
using MedMoE.Mesh.Evaluation.Output;
using MedMoE.Mesh.Evaluation.Plots;

namespace MedMoE.Mesh.Evaluation.Tasks;

/// <summary>Accuracy, 0..1, of both gates, and their confusion matrices, [truth][chosen], in the order of the experts.</summary>
public sealed record GateResult(
    double Report, double Image, IReadOnlyList<string> Experts,
    IReadOnlyList<IReadOnlyList<int>> ReportConfusion, IReadOnlyList<IReadOnlyList<int>> ImageConfusion)
{
    [JsonIgnore]
    public int Studies => ReportConfusion.Sum(row => row.Sum());
}

/// <summary>Compares both gates with the true types.</summary>
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
        var chance = 1.0 / experts.Count;
        text.Row("gate, report", _report.Accuracy, $"chance {chance:F3}, calibration error {Calibrations[0].Found?.ExpectedError:F3}");
        text.Row("gate, image", _image.Accuracy, $"chance {chance:F3}, calibration error {Calibrations[1].Found?.ExpectedError:F3}");
    }

    public override void Draw(Func<string, string> pathOf, string model)
    {
        ConfusionPlot.Write(pathOf("confusion-gate-report"), "Gate on the report", model, experts, _report.Counts);
        ConfusionPlot.Write(pathOf("confusion-gate-image"), "Gate on the image", model, experts, _image.Counts);
    }

    /// <summary>Adds a study by its type and both gates' probabilities.</summary>
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
