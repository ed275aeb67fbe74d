using System.Numerics.Tensors;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Evaluation.Metrics;
using MedMoE.Mesh.Evaluation.Output;
using MedMoE.Mesh.Evaluation.Plots;
using MedMoE.Mesh.Evaluation.Reading;

namespace MedMoE.Mesh.Evaluation.Tasks;

/// <summary>Zero-shot classification of one report type's studies.</summary>
/// <param name="Accuracy">Share of studies whose most probable class is right, 0..1.</param>
/// <param name="Chance">Expected accuracy of uniform guessing.</param>
/// <param name="Majority">Accuracy of always answering the class that is right most often.</param>
/// <param name="Studies">Studies classified.</param>
/// <param name="Classes">Order of the confusion matrix.</param>
/// <param name="Confusion">Studies with exactly one right class, [truth][answer].</param>
public sealed record ZeroShotOfType(
    double Accuracy, double Chance, double Majority, int Studies, IReadOnlyList<string> Classes, IReadOnlyList<IReadOnlyList<int>> Confusion);

/// <summary>Zero-shot classification of findings by prompts.</summary>
/// <param name="Accuracy">Over all studies, 0..1. For a study with several kinds of findings, any of them is right.</param>
/// <param name="Chance">Expected accuracy of uniform guessing, over all studies.</param>
/// <param name="MacroAccuracy">Mean of the types' accuracies.</param>
/// <param name="MacroChance">Mean of the types' chances.</param>
/// <param name="Studies">Studies classified.</param>
/// <param name="ByType">By report type.</param>
public sealed record ZeroShotResult(
    double Accuracy, double Chance, double MacroAccuracy, double MacroChance, int Studies, IReadOnlyDictionary<string, ZeroShotOfType> ByType);

/// <summary>Classifies images into the classes of their report type; null prompts for no classes.</summary>
internal sealed class ZeroShotTask(PromptSets? prompts, SimilaritySettings similarity) : EvaluationTask("zero_shot")
{
    private const int NamedUnknown = 5;

    private readonly Dictionary<string, Type> _types = [];
    private readonly Reliability _reliability = new();
    private readonly SortedSet<string> _unknown = new(StringComparer.Ordinal);
    private bool _hasFindings;

    /// <summary>Studies with findings outside their type's classes.</summary>
    public int LeftOut { get; private set; }

    /// <summary>Null if no study was classified, or no study has a finding: all would count as normal.</summary>
    public override ZeroShotResult? Result
    {
        get
        {
            var types = _types.ToDictionary(t => t.Key, t => t.Value.Result);
            var studies = types.Values.Sum(t => t.Studies);
            return studies == 0 || !_hasFindings ? null : new ZeroShotResult(
                types.Values.Sum(t => t.Accuracy * t.Studies) / studies,
                types.Values.Sum(t => t.Chance * t.Studies) / studies,
                types.Values.Average(t => t.Accuracy),
                types.Values.Average(t => t.Chance),
                studies,
                types);
        }
    }

    public override IReadOnlyList<Calibration> Calibrations =>
        [new("zero_shot", "Zero-shot classes", _hasFindings ? CalibrationOf.Of(_reliability) : null)];

    public override IReadOnlyList<string> PromptsOf(int type) => [.. ClassesOf(type).SelectMany(c => c.Prompts)];

    public override void Add(StudyGroup group, EvaluationNotes notes)
    {
        var classes = ClassesOf(group.Type);
        string[] names = [.. classes.Select(c => c.Name)];
        foreach (var study in group.Studies)
        {
            _hasFindings |= study.Study.Findings.Count > 0;
            if (classes.Length > 0)
            {
                Add(group.TypeName, names, study.Findings, Probabilities(classes, study.Reading.PromptScores));
            }
        }
    }

    public override void Note(EvaluationNotes notes)
    {
        if (prompts is null || !_hasFindings)
        {
            notes.Add(prompts is null ? "zero-shot: no prompts; see --prompts" : "zero-shot: no findings in the data");
        }
        else if (LeftOut > 0)
        {
            notes.Add($"zero-shot: {LeftOut} studies left out: their findings are not among the classes of their type's prompts: "
                + $"{string.Join(", ", _unknown.Take(NamedUnknown))}{(_unknown.Count > NamedUnknown ? ", …" : "")}");
        }
    }

    public override void Write(EvaluationText text)
    {
        if (Result is { } result)
        {
            text.Row(
                "zero-shot accuracy", result.Accuracy,
                $"chance {result.Chance:F3}, calibration error {Calibrations[0].Found?.ExpectedError:F3}");
            foreach (var (type, own) in result.ByType)
            {
                text.Row(
                    $"  {type}", own.Accuracy,
                    $"chance {own.Chance:F3}, always the most frequent {own.Majority:F3}, {own.Studies} studies");
            }
        }
    }

    public override void Draw(Func<string, string> pathOf, string model)
    {
        foreach (var (type, own) in Result?.ByType ?? new Dictionary<string, ZeroShotOfType>())
        {
            ConfusionPlot.Write(pathOf($"confusion-zero-shot-{type}"), $"Zero-shot findings, {type}", model, own.Classes, own.Confusion);
        }
    }

    /// <summary>Adds a study with the names of its right classes; other names are ignored.</summary>
    internal void Add(string type, IReadOnlyList<string> classes, IReadOnlyCollection<string> right, double[] probabilities)
    {
        _hasFindings |= right.Any(name => name != PromptSets.Normal);
        int[] truth = [.. Enumerable.Range(0, classes.Count).Where(i => right.Contains(classes[i]))];
        if (truth.Length == 0)
        {
            LeftOut++;
            _unknown.UnionWith(right.Select(name => $"{name} ({type})"));
            return;
        }
        if (!_types.TryGetValue(type, out var own))
        {
            _types.Add(type, own = new Type(classes));
        }
        var answer = TensorPrimitives.IndexOfMax<double>(probabilities);
        own.Add(truth, answer);
        _reliability.Add(probabilities[answer], truth.Contains(answer));
    }

    private PromptedClass[] ClassesOf(int type) => prompts?.Classes.GetValueOrDefault(type) ?? [];

    private double[] Probabilities(PromptedClass[] classes, float[] scores)
    {
        var means = new double[classes.Length];
        for (var (i, first) = (0, 0); i < classes.Length; first += classes[i++].Prompts.Count)
        {
            means[i] = scores.Skip(first).Take(classes[i].Prompts.Count).Average(s => (double)s);
        }
        return PromptScore.Probabilities(means, similarity);
    }

    private sealed class Type(IReadOnlyList<string> classes)
    {
        private readonly ConfusionMatrix _confusion = new(classes);
        private readonly int[] _rightOf = new int[classes.Count];
        private int _studies;
        private int _right;
        private double _chance;

        public ZeroShotOfType Result => new(
            (double)_right / _studies, _chance / _studies, (double)_rightOf.Max() / _studies, _studies, classes, _confusion.Counts);

        public void Add(int[] truth, int answer)
        {
            _studies++;
            _right += truth.Contains(answer) ? 1 : 0;
            _chance += (double)truth.Length / classes.Count;
            foreach (var one in truth)
            {
                _rightOf[one]++;
            }
            if (truth is [var only])
            {
                _confusion.Add(only, answer);
            }
        }
    }
}
