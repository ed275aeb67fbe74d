using MedMoE.Mesh.Trainer.Evaluation.Metrics;

namespace MedMoE.Mesh.Trainer.Evaluation.Tasks;

/// <summary>Grounding of some phrases.</summary>
/// <param name="PointingGame">Share of phrases whose map peaks in the region or within the tolerance of it, 0..1.</param>
/// <param name="Iou">Mean intersection over union at the threshold that is best for the whole set, 0..1.</param>
/// <param name="ContrastToNoise">Mean contrast-to-noise ratio.</param>
/// <param name="Phrases">Phrases grounded.</param>
internal sealed record GroundingOfSome(double PointingGame, double Iou, double ContrastToNoise, int Phrases);

/// <summary>Phrase grounding: the maps of phrases against masks, or boxes where there is no mask.</summary>
/// <param name="PointingGame">Share of phrases whose map peaks in the region or within 15 of 224 pixels of it, 0..1.</param>
/// <param name="PointingGameChance">What pointing at random would hit, tolerance included, 0..1.</param>
/// <param name="PointingGameStrict">Share of phrases whose map peaks in the region, 0..1.</param>
/// <param name="Iou">Mean intersection over union at the one threshold that is best for the set, 0..1.</param>
/// <param name="Threshold">That threshold, as a share of the way from a map's least to its largest value.</param>
/// <param name="IouPerImage">Mean intersection over union where each phrase has its own best threshold, 0..1.</param>
/// <param name="ContrastToNoise">Mean contrast-to-noise ratio.</param>
/// <param name="RegionShare">Mean share of the image that a region takes: what a random point hits, and what the whole image overlaps.</param>
/// <param name="Phrases">Phrases grounded.</param>
/// <param name="ByType">By report type.</param>
/// <param name="ByFinding">By the finding's name.</param>
internal sealed record GroundingResult(
    double PointingGame, double PointingGameChance, double PointingGameStrict, double Iou, double Threshold, double IouPerImage,
    double ContrastToNoise, double RegionShare, int Phrases, IReadOnlyDictionary<string, GroundingOfSome> ByType, IReadOnlyDictionary<string, GroundingOfSome> ByFinding);

/// <summary>Phrases and where they look.</summary>
internal sealed class GroundingTask
{
    private readonly List<Phrase> _phrases = [];

    /// <summary>Null where no phrase was grounded.</summary>
    public GroundingResult? Result
    {
        get
        {
            if (_phrases.Count == 0)
            {
                return null;
            }
            var best = Enumerable.Range(0, PhraseMap.Thresholds).MaxBy(t => _phrases.Sum(p => p.Overlaps[t]));
            GroundingOfSome Over(IEnumerable<Phrase> some) => new(
                some.Average(p => p.Near ? 1.0 : 0), some.Average(p => p.Overlaps[best]), some.Average(p => p.Contrast), some.Count());
            var all = Over(_phrases);
            return new GroundingResult(
                all.PointingGame,
                _phrases.Average(p => p.Chance),
                _phrases.Average(p => p.Hit ? 1.0 : 0),
                all.Iou,
                (best + 1.0) / (PhraseMap.Thresholds + 1),
                _phrases.Average(p => p.Overlaps.Max()),
                all.ContrastToNoise,
                _phrases.Average(p => p.Share),
                _phrases.Count,
                _phrases.GroupBy(p => p.Type).ToDictionary(g => g.Key, g => Over(g)),
                _phrases.GroupBy(p => p.Finding).OrderBy(g => g.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => Over(g)));
        }
    }

    /// <param name="type">The study's type.</param>
    /// <param name="finding">The finding's name.</param>
    /// <param name="map">The phrase's map, [side, side].</param>
    /// <param name="side">Positions on a side of the grid.</param>
    /// <param name="region">Where the finding is; not empty.</param>
    public void Add(string type, string finding, float[] map, int side, Region region)
    {
        var phrase = new PhraseMap(map, side, region);
        _phrases.Add(new Phrase(
            type, finding, phrase.PointsInside(0), phrase.PointsInside(PhraseMap.Tolerance), region.ShareNear(PhraseMap.Tolerance),
            phrase.IntersectionsOverUnions(), phrase.ContrastToNoise(), (double)region.Area / region.Inside.Length));
    }

    private sealed record Phrase(string Type, string Finding, bool Hit, bool Near, double Chance, double[] Overlaps, double Contrast, double Share);
}
