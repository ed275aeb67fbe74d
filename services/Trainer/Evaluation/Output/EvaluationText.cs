using System.Globalization;
using System.Text;
using MedMoE.Mesh.Trainer.Evaluation.Tasks;

namespace MedMoE.Mesh.Trainer.Evaluation.Output;

/// <summary>An evaluation for people to read.</summary>
internal static class EvaluationText
{
    public static string Format(EvaluationResult result)
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        void Row(string name, double value, FormattableString? detail = null) =>
            Line($"{name,-28} {value,6:F3}{(detail is null ? "" : "   " + detail.ToString(CultureInfo.InvariantCulture))}");

        Line($"{result.ModelVersion} on {result.Studies.Values.Sum()} studies ({string.Join(", ", result.Studies.Select(s => $"{s.Value} {s.Key}"))}), expert by {result.Expert}");
        Line($"");
        Row("gate, report", result.Gate.Report, $"calibration error {result.Calibration.ReportGate?.ExpectedError:F3}");
        Row("gate, image", result.Gate.Image, $"calibration error {result.Calibration.ImageGate?.ExpectedError:F3}");
        if (result.ZeroShot is { } zeroShot)
        {
            Row("zero-shot accuracy", zeroShot.Accuracy, $"chance {zeroShot.Chance:F3}, calibration error {result.Calibration.ZeroShot?.ExpectedError:F3}");
            foreach (var (type, own) in zeroShot.ByType)
            {
                Row($"  {type}", own.Accuracy, $"chance {own.Chance:F3}, always the most frequent {own.Majority:F3}, {own.Studies} studies");
            }
        }
        if (result.Retrieval is { } retrieval)
        {
            Row("recall@1", retrieval.RecallAt1, $"chance {retrieval.Chance.At1:F3}, image to text {retrieval.ImageToText.At1:F3}, text to image {retrieval.TextToImage.At1:F3}");
            Row("recall@5", retrieval.RecallAt5, $"chance {retrieval.Chance.At5:F3}, image to text {retrieval.ImageToText.At5:F3}, text to image {retrieval.TextToImage.At5:F3}");
            Row("recall@10", retrieval.RecallAt10, $"chance {retrieval.Chance.At10:F3}, image to text {retrieval.ImageToText.At10:F3}, text to image {retrieval.TextToImage.At10:F3}");
            foreach (var (type, own) in retrieval.ByType)
            {
                Row($"  {type} @5", own.At5, $"@1 {own.At1:F3}, @10 {own.At10:F3}");
            }
        }
        if (result.Grounding is { } grounding)
        {
            Row("pointing game", grounding.PointingGame, $"chance {grounding.PointingGameChance:F3}; without tolerance {grounding.PointingGameStrict:F3}, chance {grounding.RegionShare:F3}");
            Row("intersection over union", grounding.Iou, $"at threshold {grounding.Threshold:F2}; {grounding.IouPerImage:F3} at each image's own");
            Row("contrast to noise", grounding.ContrastToNoise);
            foreach (var (type, own) in grounding.ByType)
            {
                Row($"  {type} pointing game", own.PointingGame, $"IoU {own.Iou:F3}, contrast to noise {own.ContrastToNoise:F3}, {own.Phrases} phrases");
            }
        }
        if (result.LinearProbe is { } probe)
        {
            Probe("linear probe, finding", probe.Finding, probe.FindingMajority);
            Probe("linear probe, type", probe.ReportType, probe.ReportTypeMajority);
        }
        Row("experts run per image", result.ExpertsPerImage, $"{string.Join(", ", result.ExpertRuns.Select(r => $"{r.Key} {r.Value}"))}");
        foreach (var note in result.Notes)
        {
            Line($"note: {note}");
        }
        return text.ToString();

        void Probe(string name, IReadOnlyList<ProbeAt>? at, double? majority)
        {
            if (at is not null)
            {
                var fewer = at.SkipLast(1).Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Accuracy:F3} with {p.Training}"));
                Row(name, at[^1].Accuracy, $"trained on {at[^1].Training} studies, {string.Join(", ", fewer)}; always the most frequent {majority:F3}");
            }
        }
    }
}
