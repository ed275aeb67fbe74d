using System.Text.Json.Serialization;
using MedMoE.Mesh.Evaluation.Metrics;
using MedMoE.Mesh.Evaluation.Output;
using MedMoE.Mesh.Evaluation.Plots;

namespace MedMoE.Mesh.Evaluation.Tasks;

/// <summary>Recall@k: share of queries with a right answer among the first 1, 5 or 10, 0..1.</summary>
public sealed record Recall(
    [property: JsonPropertyName("recall_at_1")] double At1,
    [property: JsonPropertyName("recall_at_5")] double At5,
    [property: JsonPropertyName("recall_at_10")] double At10);

/// <summary>Retrieval within a report type in both directions.</summary>
/// <param name="RecallAt1">Mean of both directions.</param>
/// <param name="RecallAt5">Mean of both directions.</param>
/// <param name="RecallAt10">Mean of both directions.</param>
/// <param name="Candidates">Candidates per query; the largest number if types differ.</param>
/// <param name="Queries">Queries per direction.</param>
/// <param name="ImageToText">Reports found by image.</param>
/// <param name="TextToImage">Images found by report.</param>
/// <param name="Chance">Expected of a random order.</param>
/// <param name="ByType">Mean of both directions by report type.</param>
/// <param name="ChanceByType">Expected of a random order, by report type.</param>
/// <param name="ImageToTextCurve">Recall@1, @2, … of reports found by image.</param>
/// <param name="TextToImageCurve">Recall@1, @2, … of images found by report.</param>
/// <param name="ChanceCurve">Recall@1, @2, … expected of a random order.</param>
public sealed record RetrievalResult(
    [property: JsonPropertyName("recall_at_1")] double RecallAt1,
    [property: JsonPropertyName("recall_at_5")] double RecallAt5,
    [property: JsonPropertyName("recall_at_10")] double RecallAt10,
    int Candidates, int Queries, Recall ImageToText, Recall TextToImage, Recall Chance, IReadOnlyDictionary<string, Recall> ByType,
    IReadOnlyDictionary<string, Recall> ChanceByType, IReadOnlyList<double> ImageToTextCurve, IReadOnlyList<double> TextToImageCurve,
    IReadOnlyList<double> ChanceCurve);

/// <summary>Retrieval between images and reports in groups of one type; a complete group has <paramref name="candidates"/> studies.</summary>
internal sealed class RetrievalTask(int candidates) : EvaluationTask("retrieval")
{
    private readonly List<Query> _queries = [];

    /// <summary>Null without groups.</summary>
    public override RetrievalResult? Result
    {
        get
        {
            if (_queries.Count == 0)
            {
                return null;
            }
            var most = _queries.Max(q => q.Candidates);
            Query[] byImage = [.. _queries.Where(q => q.ByImage)];
            Query[] byText = [.. _queries.Where(q => !q.ByImage)];
            var mean = Over(_queries);
            return new RetrievalResult(
                mean.At1, mean.At5, mean.At10, most, byImage.Length, Over(byImage), Over(byText),
                ByChance(_queries),
                _queries.GroupBy(q => q.Type).ToDictionary(g => g.Key, g => Over([.. g])),
                _queries.GroupBy(q => q.Type).ToDictionary(g => g.Key, g => ByChance([.. g])),
                [.. Enumerable.Range(1, most).Select(k => At(byImage, k))],
                [.. Enumerable.Range(1, most).Select(k => At(byText, k))],
                [.. Enumerable.Range(1, most).Select(k => Chance(_queries, k))]);
        }
    }

    public override void Add(StudyGroup group, EvaluationNotes notes)
    {
        if (group.Studies.Count < candidates)
        {
            // An incomplete group is easier to search, so it counts only if its type has no complete one.
            if (group.Studies.Count < 2 || _queries.Any(q => q.Type == group.TypeName))
            {
                return;
            }
            notes.Add($"retrieval: {group.Studies.Count} studies of type {group.TypeName}, fewer than {candidates} candidates");
        }
        Add(group.TypeName, [.. group.Studies.Select(s => s.Study.Report)], [.. group.Studies.Select(s => s.Reading.ReportScores)]);
    }

    public override void Note(EvaluationNotes notes)
    {
        if (_queries.Count == 0)
        {
            notes.Add("retrieval: no type has two studies");
        }
    }

    public override void Write(EvaluationText text)
    {
        if (Result is not { } result)
        {
            return;
        }
        void Row(string name, double both, Func<Recall, double> at) => text.Row(
            name, both,
            $"chance {at(result.Chance):F3}, image to text {at(result.ImageToText):F3}, text to image {at(result.TextToImage):F3}");
        Row("recall@1", result.RecallAt1, r => r.At1);
        Row("recall@5", result.RecallAt5, r => r.At5);
        Row("recall@10", result.RecallAt10, r => r.At10);
        foreach (var (type, own) in result.ByType)
        {
            var chance = result.ChanceByType[type];
            text.Row(
                $"  {type} @5", own.At5,
                $"chance {chance.At5:F3}, @1 {own.At1:F3} (chance {chance.At1:F3}), @10 {own.At10:F3} (chance {chance.At10:F3})");
        }
    }

    public override void Draw(Func<string, string> pathOf, string model)
    {
        if (Result is { } result)
        {
            RecallPlot.Write(pathOf("recall"), model, result.Candidates, result.ImageToTextCurve, result.TextToImageCurve, result.ChanceCurve);
        }
    }

    /// <summary>Adds a group of pairs with scores [image][report]. Studies with equal reports count as right for each other.</summary>
    internal void Add(string type, IReadOnlyList<string> reports, IReadOnlyList<float[]> scores)
    {
        for (var query = 0; query < reports.Count; query++)
        {
            bool[] right = [.. reports.Select(report => report == reports[query])];
            float[] column = [.. scores.Select(row => row[query])];
            var count = right.Count(r => r);
            _queries.Add(new Query(type, ByImage: true, Ranking.Rank(scores[query], right), count, reports.Count));
            _queries.Add(new Query(type, ByImage: false, Ranking.Rank(column, right), count, reports.Count));
        }
    }

    private static double Chance(IReadOnlyList<Query> queries, int k) => queries.Average(q => Ranking.Chance(q.Candidates, q.Right, k));

    private static Recall ByChance(IReadOnlyList<Query> queries) => new(Chance(queries, 1), Chance(queries, 5), Chance(queries, 10));

    private static Recall Over(IReadOnlyList<Query> queries) => new(At(queries, 1), At(queries, 5), At(queries, 10));

    private static double At(IReadOnlyList<Query> queries, int k) => (double)queries.Count(q => q.Rank < k) / queries.Count;

    private sealed record Query(string Type, bool ByImage, int Rank, int Right, int Candidates);
}
