using System.Numerics.Tensors;
using MedMoE.Mesh.Trainer.Evaluation.Metrics;

namespace MedMoE.Mesh.Trainer.Evaluation.Tasks;

/// <summary>Zero-shot classification of one report type's studies.</summary>
/// <param name="Accuracy">Share of studies whose most probable class is right, 0..1.</param>
/// <param name="Chance">Accuracy to expect of guessing, each class alike.</param>
/// <param name="Majority">Accuracy of always answering the class that is right most often.</param>
/// <param name="Studies">Studies classified.</param>
/// <param name="Classes">Order of the confusion's rows (truth) and columns (answer).</param>
/// <param name="Confusion">Studies of which one class is right, [truth][answer].</param>
internal sealed record ZeroShotOfType(
    double Accuracy, double Chance, double Majority, int Studies, IReadOnlyList<string> Classes, IReadOnlyList<IReadOnlyList<int>> Confusion);

/// <summary>Zero-shot classification of findings by prompts.</summary>
/// <param name="Accuracy">Over all studies, 0..1. A study with several kinds of findings is right with any one of them.</param>
/// <param name="Chance">Accuracy to expect of guessing, each class alike, over all studies.</param>
/// <param name="MacroAccuracy">Mean of the types' accuracies.</param>
/// <param name="MacroChance">Mean of the types' chances.</param>
/// <param name="Studies">Studies classified.</param>
/// <param name="ByType">The same for each report type.</param>
internal sealed record ZeroShotResult(
    double Accuracy, double Chance, double MacroAccuracy, double MacroChance, int Studies, IReadOnlyDictionary<string, ZeroShotOfType> ByType);

/// <summary>Which of its type's classes an image is taken for.</summary>
internal sealed class ZeroShotTask
{
    private readonly Dictionary<string, Type> _types = [];

    public Reliability Reliability { get; } = new();

    /// <summary>Studies whose findings are none of their type's classes.</summary>
    public int LeftOut { get; private set; }

    /// <summary>Null where no study was classified.</summary>
    public ZeroShotResult? Result
    {
        get
        {
            var types = _types.ToDictionary(t => t.Key, t => t.Value.Result);
            var studies = types.Values.Sum(t => t.Studies);
            return studies == 0 ? null : new ZeroShotResult(
                types.Values.Sum(t => t.Accuracy * t.Studies) / studies,
                types.Values.Sum(t => t.Chance * t.Studies) / studies,
                types.Values.Average(t => t.Accuracy),
                types.Values.Average(t => t.Chance),
                studies,
                types);
        }
    }

    /// <param name="type">The study's type.</param>
    /// <param name="classes">The type's classes.</param>
    /// <param name="right">Names of the right ones; others than the classes are passed over.</param>
    /// <param name="probabilities">Probability of each class.</param>
    public void Add(string type, IReadOnlyList<string> classes, IReadOnlyCollection<string> right, double[] probabilities)
    {
        int[] truth = [.. Enumerable.Range(0, classes.Count).Where(i => right.Contains(classes[i]))];
        if (truth.Length == 0)
        {
            LeftOut++;
            return;
        }
        if (!_types.TryGetValue(type, out var own))
        {
            _types.Add(type, own = new Type(classes));
        }
        var answer = TensorPrimitives.IndexOfMax<double>(probabilities);
        own.Add(truth, answer);
        Reliability.Add(probabilities[answer], truth.Contains(answer));
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
