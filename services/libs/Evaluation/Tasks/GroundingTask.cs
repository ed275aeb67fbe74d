using MedMoE.Mesh.Evaluation.Metrics;
using MedMoE.Mesh.Evaluation.Output;
using MedMoE.Mesh.Evaluation.Plots;
using MedMoE.Mesh.Evaluation.Reading;

namespace MedMoE.Mesh.Evaluation.Tasks;

/// <summary>Grounding of a subset of phrases; the values are as in <see cref="GroundingResult"/>.</summary>
public sealed record GroundingOfSome(
    double PointingGame, double Iou, double ContrastToNoise, int Phrases, double PointingGameChance, double RegionShare);

/// <summary>Phrase grounding: attention maps of phrases compared with masks, or with boxes if there is no mask.</summary>
/// <param name="PointingGame">Share of phrases whose map peaks in the region or within 15 of 224 pixels of it, 0..1.</param>
/// <param name="PointingGameChance">The same for random pointing, 0..1.</param>
/// <param name="PointingGameStrict">Share of phrases whose map peaks in the region, 0..1.</param>
/// <param name="Iou">Mean intersection over union at the threshold that is best for all phrases, 0..1.</param>
/// <param name="Threshold">That threshold, as a share of the range of a map's values.</param>
/// <param name="IouPerImage">Mean intersection over union with the best threshold per phrase, 0..1.</param>
/// <param name="ContrastToNoise">Mean contrast-to-noise ratio.</param>
/// <param name="RegionShare">Mean share of the image in the region: the chance of a random point, and the overlap of the whole image.</param>
/// <param name="Phrases">Number of phrases.</param>
/// <param name="ByType">By report type.</param>
/// <param name="ByFinding">By the finding's name.</param>
public sealed record GroundingResult(
    double PointingGame, double PointingGameChance, double PointingGameStrict, double Iou, double Threshold, double IouPerImage,
    double ContrastToNoise, double RegionShare, int Phrases, IReadOnlyDictionary<string, GroundingOfSome> ByType,
    IReadOnlyDictionary<string, GroundingOfSome> ByFinding);

internal sealed class GroundingTask() : EvaluationTask("grounding")
{
    private const int MostExamples = 12;
    private const int ExamplesOfType = 40;

    private readonly List<Grounded> _phrases = [];
    private readonly List<GroundedExample> _examples = [];

    /// <summary>Null without phrases.</summary>
    public override GroundingResult? Result
    {
        get
        {
            if (_phrases.Count == 0)
            {
                return null;
            }
            var best = Enumerable.Range(0, PhraseMap.Thresholds).MaxBy(t => _phrases.Sum(p => p.Overlaps[t]));
            GroundingOfSome Over(IEnumerable<Grounded> some) => new(
                some.Average(p => p.Near ? 1.0 : 0), some.Average(p => p.Overlaps[best]), some.Average(p => p.Contrast), some.Count(),
                some.Average(p => p.Chance), some.Average(p => p.Share));
            var all = Over(_phrases);
            return new GroundingResult(
                all.PointingGame,
                all.PointingGameChance,
                _phrases.Average(p => p.Hit ? 1.0 : 0),
                all.Iou,
                (best + 1.0) / (PhraseMap.Thresholds + 1),
                _phrases.Average(p => p.Overlaps.Max()),
                all.ContrastToNoise,
                all.RegionShare,
                _phrases.Count,
                _phrases.GroupBy(p => p.Type).ToDictionary(g => g.Key, g => Over(g)),
                _phrases.GroupBy(p => p.Finding).OrderBy(g => g.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => Over(g)));
        }
    }

    public override void Add(StudyGroup group, EvaluationNotes notes)
    {
        foreach (var (study, _, phrases, reading) in group.Studies)
        {
            foreach (var (phrase, map) in phrases.Zip(reading.PhraseMaps))
            {
                Add(group.TypeName, phrase.Finding, map, reading.GridSide, phrase.Region);
            }
            if (phrases is [var shown, ..] && _examples.Count(e => e.Type == group.TypeName) < ExamplesOfType)
            {
                Show(new GroundedExample(study, group.TypeName, shown.Finding, shown.Text, shown.Region, reading.PhraseMaps[0], reading.GridSide));
            }
        }
    }

    public override void Write(EvaluationText text)
    {
        if (Result is not { } result)
        {
            return;
        }
        text.Row(
            "pointing game", result.PointingGame,
            $"chance {result.PointingGameChance:F3}; without tolerance {result.PointingGameStrict:F3}, chance {result.RegionShare:F3}");
        text.Row(
            "intersection over union", result.Iou,
            $"the whole image {result.RegionShare:F3}; at threshold {result.Threshold:F2}; {result.IouPerImage:F3} at each image's own");
        text.Row("contrast to noise", result.ContrastToNoise);
        foreach (var (type, own) in result.ByType)
        {
            text.Row($"  {type} pointing game", own.PointingGame, $"chance {own.PointingGameChance:F3}, {own.Phrases} phrases");
            text.Row($"  {type} IoU", own.Iou, $"the whole image {own.RegionShare:F3}; contrast to noise {own.ContrastToNoise:F3}");
        }
    }

    /// <summary>Draws examples, evenly by report type and, within it, by finding.</summary>
    public override void Draw(Func<string, string> pathOf, string model)
    {
        if (_examples.Count > 0)
        {
            var shown = InTurns(InTurns(_examples, e => $"{e.Type} {e.Finding}"), e => e.Type).Take(MostExamples).OrderBy(e => e.Study.ReportType);
            AttentionSheet.Write(pathOf("attention"), model, [.. shown]);
        }
    }

    internal void Show(GroundedExample example) => _examples.Add(example);

    /// <summary>Adds a phrase with its map, [side, side]. The region is not empty.</summary>
    internal void Add(string type, string finding, float[] map, int side, Region region)
    {
        var phrase = new PhraseMap(map, side, region);
        _phrases.Add(new Grounded(
            type, finding, phrase.PointsInside(0), phrase.PointsInside(PhraseMap.Tolerance), region.ShareNear(PhraseMap.Tolerance),
            phrase.IntersectionsOverUnions(), phrase.ContrastToNoise(), (double)region.Area / region.Inside.Length));
    }

    private static IEnumerable<GroundedExample> InTurns(IEnumerable<GroundedExample> examples, Func<GroundedExample, string> by) =>
        examples.GroupBy(by).SelectMany(group => group.Select((example, turn) => (Example: example, Turn: turn)))
            .OrderBy(e => e.Turn).Select(e => e.Example);

    private sealed record Grounded(string Type, string Finding, bool Hit, bool Near, double Chance, double[] Overlaps, double Contrast, double Share);
}
