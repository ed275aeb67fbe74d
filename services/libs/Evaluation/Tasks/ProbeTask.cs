using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MedMoE.Mesh.Evaluation.Metrics;
using MedMoE.Mesh.Evaluation.Output;

namespace MedMoE.Mesh.Evaluation.Tasks;

/// <summary>A linear probe trained on a share of the training half (studies of all types), and its accuracy on the other half, 0..1.</summary>
public sealed record ProbeAt(double Share, int Training, double Accuracy);

/// <summary>Linear probes of the image embedding.</summary>
/// <param name="Finding">Kind of finding within a type: one probe per type, accuracy over all tested studies.</param>
/// <param name="FindingMajority">Accuracy of always answering each type's most frequent kind.</param>
/// <param name="FindingByType">By report type.</param>
/// <param name="ReportType">Report type.</param>
/// <param name="ReportTypeMajority">Accuracy of always answering the most frequent type.</param>
/// <param name="Tested">Studies tested for their report type.</param>
public sealed record ProbeResult(
    IReadOnlyList<ProbeAt>? Finding, double? FindingMajority, IReadOnlyDictionary<string, IReadOnlyList<ProbeAt>> FindingByType,
    IReadOnlyList<ProbeAt>? ReportType, double? ReportTypeMajority, int Tested);

/// <summary>
/// Trains logistic regressions on the image embedding. The studies of a type are ordered by a hash of their keys; every other one is for training,
/// the rest for testing. Studies with several kinds of findings are left out of the probe of findings.
/// </summary>
internal sealed class ProbeTask : EvaluationTask
{
    private static readonly double[] _shares = [0.01, 0.1, 1];

    private readonly List<Example> _examples = [];
    private readonly Lazy<ProbeResult?> _result;

    public ProbeTask()
        : base("linear_probe") => _result = new(Train);

    /// <summary>Computed once, on first access.</summary>
    public override ProbeResult? Result => _result.Value;

    public override void Add(StudyGroup group, EvaluationNotes notes)
    {
        foreach (var study in group.Studies)
        {
            Add(study.Study.Key, group.TypeName, study.Findings, study.Reading.Embedding);
        }
    }

    public override void Write(EvaluationText text)
    {
        Row("linear probe, finding", Result?.Finding, Result?.FindingMajority);
        Row("linear probe, type", Result?.ReportType, Result?.ReportTypeMajority);

        void Row(string name, IReadOnlyList<ProbeAt>? at, double? majority)
        {
            if (at is not null)
            {
                var fewer = at.SkipLast(1).Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Accuracy:F3} with {p.Training}"));
                text.Row(
                    name, at[^1].Accuracy,
                    $"trained on {at[^1].Training} studies, {string.Join(", ", fewer)}; always the most frequent {majority:F3}");
            }
        }
    }

    private ProbeResult? Train()
    {
        var types = Probe(_examples, e => e.Type);
        var findings = _examples.Where(e => e.Finding is not null).GroupBy(e => e.Type)
            .ToDictionary(g => g.Key, g => Probe([.. g], e => e.Finding!));
        Probed[] some = [.. findings.Values.OfType<Probed>()];
        var tested = some.Sum(p => p.Tested);
        return types is null && some.Length == 0 ? null : new ProbeResult(
            some.Length == 0 ? null : [.. _shares.Select((share, i) => new ProbeAt(
                share, some.Sum(p => p.At[i].Training), some.Sum(p => p.At[i].Accuracy * p.Tested) / tested))],
            some.Length == 0 ? null : some.Sum(p => p.Majority * p.Tested) / tested,
            findings.Where(f => f.Value is not null).ToDictionary(f => f.Key, f => f.Value!.At),
            types?.At,
            types?.Majority,
            types?.Tested ?? 0);
    }

    /// <summary>Adds a study. It takes part in the probe of findings if it has exactly one distinct finding.</summary>
    internal void Add(string key, string type, IReadOnlyList<string> findings, float[] embedding)
    {
        var kinds = findings.Distinct().ToArray();
        _examples.Add(new Example(
            Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key))), type, kinds.Length == 1 ? kinds[0] : null, embedding));
    }

    /// <summary>Null with fewer than two classes, or without test studies.</summary>
    private static Probed? Probe(IReadOnlyList<Example> examples, Func<Example, string> label)
    {
        // Split per type, so that each type is in both halves; ordered by hash, independent of the data's order.
        var halves = examples.GroupBy(e => e.Type)
            .SelectMany(type => type.OrderBy(e => e.Hash, StringComparer.Ordinal).Select((e, i) => (Example: e, Test: i % 2 == 1)))
            .OrderBy(e => e.Example.Hash, StringComparer.Ordinal).ToLookup(e => e.Test, e => e.Example);
        Example[] training = [.. halves[false]];
        Example[] test = [.. halves[true]];
        string[] classes = [.. examples.Select(label).Distinct().Order(StringComparer.Ordinal)];
        if (classes.Length < 2 || test.Length == 0)
        {
            return null;
        }
        int Class(Example example) => Array.BinarySearch(classes, label(example), StringComparer.Ordinal);
        var at = _shares.Select(share =>
        {
            Example[] own = [.. training.Take((int)Math.Ceiling(share * training.Length))];
            var probe = LogisticRegression.Fit([.. own.Select(e => e.Embedding)], [.. own.Select(Class)], classes.Length);
            return new ProbeAt(share, own.Length, test.Average(e => probe.Predict(e.Embedding) == Class(e) ? 1.0 : 0));
        });
        return new Probed([.. at], (double)test.CountBy(label).Max(c => c.Value) / test.Length, test.Length);
    }

    private sealed record Example(string Hash, string Type, string? Finding, float[] Embedding);

    private sealed record Probed(IReadOnlyList<ProbeAt> At, double Majority, int Tested);
}
