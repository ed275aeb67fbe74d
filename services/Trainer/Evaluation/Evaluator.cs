using System.Globalization;
using System.Numerics.Tensors;
using MedMoE.Mesh.Imaging;
using MedMoE.Mesh.Studies;
using MedMoE.Mesh.Trainer.Evaluation.Metrics;
using MedMoE.Mesh.Trainer.Evaluation.Tasks;

namespace MedMoE.Mesh.Trainer.Evaluation;

/// <summary>
/// Holds a bundle against a data set. Studies are read in groups of one report type, in the data's order; a group is also what retrieval looks
/// among. Only what is measured of a study is kept.
/// </summary>
/// <param name="reader">The bundle's networks.</param>
/// <param name="prompts">Zero-shot classes; null for none.</param>
/// <param name="candidates">Studies of a group, 2 or more.</param>
internal sealed class Evaluator(StudyReader reader, PromptSets? prompts, int candidates)
{
    private const int NamedInNotes = 3;
    private const int MostExamples = 12;
    private const int ExamplesOfType = 40;

    private readonly string[] _types = [.. reader.Manifest.Experts.Select(e => e.Name)];
    private readonly ImageDecoder _decoder = new();
    private readonly Dictionary<int, (PromptedClass[] Classes, EncodedText[] Texts)> _prompts = [];
    private readonly GateTask _gate = new([.. reader.Manifest.Experts.Select(e => e.Name)]);
    private readonly ZeroShotTask _zeroShot = new();
    private readonly RetrievalTask _retrieval = new();
    private readonly GroundingTask _grounding = new();
    private readonly ProbeTask _probe = new();
    private readonly List<string> _notes = [];
    private readonly StudyNotes _ofImages = new();
    private readonly List<string> _broken = [];
    private readonly List<string> _groundless = [];
    private readonly List<GroundedExample> _examples = [];
    private int _findings;

    /// <summary>Studies with a grounded phrase to show, 12 at most: as many of each report type and, within it, of each finding as there are.</summary>
    public IReadOnlyList<GroundedExample> Examples =>
        [.. InTurns(InTurns(_examples, e => $"{e.Type} {e.Finding}"), e => e.Type).Take(MostExamples).OrderBy(e => e.Study.ReportType)];

    /// <summary>Reads all studies. An evaluator runs once.</summary>
    /// <param name="studies">The data.</param>
    /// <param name="onRead">Told how many studies have been read.</param>
    /// <exception cref="InvalidEvaluationException">No study that can be read.</exception>
    /// <exception cref="StudyDataException">The data are another bundle's.</exception>
    public EvaluationResult Run(IEnumerable<StudyRecord> studies, Action<int>? onRead = null)
    {
        var groups = _types.Select(_ => new List<(Study Study, float[] Pixels)>()).ToArray();
        var read = new int[_types.Length];
        void ReadGroup(int type, bool retrieve)
        {
            Read(type, groups[type], retrieve);
            read[type] += groups[type].Count;
            groups[type].Clear();
            onRead?.Invoke(read.Sum());
        }
        foreach (var (study, pixels) in Decode(studies))
        {
            groups[study.ReportType].Add((study, pixels));
            if (groups[study.ReportType].Count == candidates)
            {
                ReadGroup(study.ReportType, retrieve: true);
            }
        }
        for (var type = 0; type < groups.Length; type++)
        {
            if (groups[type].Count > 0)
            {
                // What is left over would be easier to search than a whole group: it counts only where there is nothing else.
                var only = read[type] == 0 && groups[type].Count > 1;
                if (only)
                {
                    _notes.Add($"retrieval: {groups[type].Count} studies of type {_types[type]}, fewer than {candidates} candidates");
                }
                ReadGroup(type, only);
            }
        }
        return read.Sum() > 0 ? Result(read) : throw new InvalidEvaluationException(
            _broken.Count == 0 ? "no studies in the data" : $"none of {_broken.Count} studies can be read; {_broken[0]}");
    }

    private EvaluationResult Result(int[] read)
    {
        Note(_broken, "studies left out");
        _notes.AddRange(_ofImages.Lines);
        Note(_groundless, "grounding: phrases left out");
        if (_findings == 0)
        {
            _notes.Add("grounding: no findings in the data");
        }
        // Without a finding in all the data, every study would pass for normal.
        var zeroShot = prompts is not null && _findings > 0;
        if (!zeroShot)
        {
            _notes.Add(prompts is null ? $"zero-shot: no prompts; see --prompts" : "zero-shot: no findings in the data");
        }
        else if (_zeroShot.LeftOut > 0)
        {
            _notes.Add($"zero-shot: {_zeroShot.LeftOut} studies left out, whose findings are no classes of their type's prompts");
        }
        if (_retrieval.Result is null)
        {
            _notes.Add("retrieval: no type has two studies");
        }
        return new EvaluationResult
        {
            ModelVersion = reader.Manifest.ModelVersion,
            Notice = reader.Manifest.Notice,
            Expert = reader.Choice.ToString(),
            Studies = ByType(read),
            Gate = _gate.Result,
            ZeroShot = zeroShot ? _zeroShot.Result : null,
            Retrieval = _retrieval.Result,
            Grounding = _grounding.Result,
            LinearProbe = _probe.Result,
            Calibration = new CalibrationResult(
                CalibrationOf.Of(_gate.ReportReliability), CalibrationOf.Of(_gate.ImageReliability), zeroShot ? CalibrationOf.Of(_zeroShot.Reliability) : null),
            ExpertRuns = ByType(reader.ExpertRuns),
            ExpertsPerImage = (double)reader.ExpertRuns.Sum() / reader.ImagesRead,
            Notes = _notes,
        };
    }

    /// <summary>Studies with their pixels, in order, decoded on all cores; those that do not decode are left out and noted.</summary>
    private IEnumerable<(Study Study, float[] Pixels)> Decode(IEnumerable<StudyRecord> records)
    {
        foreach (var chunk in records.Chunk(4 * Environment.ProcessorCount))
        {
            var decoded = new (Study? Study, PreparedImage? Image, string? Fault)[chunk.Length];
            // Unlike WaitAll, this throws what a task threw: a label that is none of the bundle's.
            Task.WhenAll(chunk.Select((record, i) => Task.Run(() => decoded[i] = Decode(record)))).GetAwaiter().GetResult();
            foreach (var (study, image, fault) in decoded)
            {
                if (study is null)
                {
                    _broken.Add(fault!);
                }
                else
                {
                    _ofImages.Add(study.Key, image!.Note);
                    yield return (study, image.Pixels);
                }
            }
        }
    }

    private (Study? Study, PreparedImage? Image, string? Fault) Decode(StudyRecord record)
    {
        try
        {
            var study = record.Load();
            // Texts are encoded many at a time: what is wrong with one must be known before.
            BadRecordException.Guard("report", () => reader.Tokenize(study.Report));
            return (study, BadRecordException.Guard("image", () => reader.Preprocessor.Prepare(study.Image)), null);
        }
        catch (BadRecordException e)
        {
            return (null, null, $"{record.Key}: {e.Message}");
        }
    }

    private void Read(int type, List<(Study Study, float[] Pixels)> group, bool retrieve)
    {
        string[] texts = [.. group.Select(g => g.Study.Report)];
        var reports = reader.Encode(texts);
        var (classes, prompted) = PromptsOf(type);
        Phrase[][] phrases = [.. group.Zip(reports, (g, report) => Phrases(g.Study, report))];
        var readings = reader.Read(
            [.. group.Zip(phrases, (g, own) => new StudyImage(g.Pixels, type, [.. own.Select(p => p.Words)]))], reports, prompted);
        for (var i = 0; i < group.Count; i++)
        {
            _gate.Add(type, reports[i].Gate, readings[i].Gate);
            foreach (var (phrase, map) in phrases[i].Zip(readings[i].PhraseMaps))
            {
                _grounding.Add(_types[type], phrase.Finding, map, readings[i].GridSide, phrase.Region);
            }
            if (phrases[i] is [var shown, ..] && _examples.Count(e => e.Type == _types[type]) < ExamplesOfType)
            {
                _examples.Add(new GroundedExample(
                    group[i].Study, _types[type], shown.Finding, shown.Text, shown.Region, readings[i].PhraseMaps[0], readings[i].GridSide));
            }
            string[] right = group[i].Study.Findings is [] ? [PromptSets.Normal] : [.. group[i].Study.Findings.Select(f => f.Name)];
            _probe.Add(group[i].Study.Key, _types[type], right, readings[i].Embedding);
            if (classes.Length > 0)
            {
                _zeroShot.Add(_types[type], [.. classes.Select(c => c.Name)], right, Probabilities(classes, readings[i].PromptScores));
            }
        }
        if (retrieve)
        {
            _retrieval.Add(_types[type], texts, [.. readings.Select(r => r.ReportScores)]);
        }
    }

    private (PromptedClass[] Classes, EncodedText[] Texts) PromptsOf(int type)
    {
        if (!_prompts.TryGetValue(type, out var known))
        {
            var classes = prompts?.Classes.GetValueOrDefault(type) ?? [];
            string[] texts = [.. classes.SelectMany(c => c.Prompts)];
            known = _prompts[type] = (classes, texts.Length == 0 ? [] : reader.Encode(texts));
            var strayed = texts.Zip(known.Texts).Where(p => TensorPrimitives.IndexOfMax<float>(p.Second.Gate) != type).Select(p => $"\"{p.First}\"").ToArray();
            if (strayed.Length > 0 && reader.Choice.Policy is ExpertPolicy.Auto or ExpertPolicy.Report)
            {
                Note(strayed, $"zero-shot: prompts of {_types[type]} that the gate sends to another expert");
            }
        }
        return known;
    }

    /// <summary>Softmax over classes of the logit scale times the mean score of the class's prompts, as the mesh's Classify answers.</summary>
    private double[] Probabilities(PromptedClass[] classes, float[] scores)
    {
        var logits = new double[classes.Length];
        for (var (i, first) = (0, 0); i < classes.Length; first += classes[i++].Prompts.Count)
        {
            logits[i] = reader.Manifest.Similarity.LogitScale * scores.Skip(first).Take(classes[i].Prompts.Count).Average(s => (double)s);
        }
        TensorPrimitives.Subtract(logits, logits.Max(), logits);
        TensorPrimitives.SoftMax<double>(logits, logits);
        return logits;
    }

    /// <summary>The findings of a study that can be grounded: their phrase has words that the model reads, and their region has pixels.</summary>
    private Phrase[] Phrases(Study study, EncodedText report)
    {
        var phrases = new List<Phrase>();
        _findings += study.Findings.Count;
        foreach (var finding in study.Findings)
        {
            var words = report.WordsOf(finding.Phrase, study.Report);
            if (words.Length == 0)
            {
                _groundless.Add($"{study.Key}: the phrase of {finding.Name} is not among the words that the model reads of the report");
            }
            else if (RegionOf(study, finding, out var fault) is { } region)
            {
                phrases.Add(new Phrase(finding.Name, finding.Phrase, words, region));
            }
            else
            {
                _groundless.Add($"{study.Key}: {fault}");
            }
        }
        return [.. phrases];
    }

    private Region? RegionOf(Study study, Finding finding, out string? fault)
    {
        fault = null;
        try
        {
            var image = BadRecordException.Guard("image", () => _decoder.Open(study.Image));
            var region = finding.Mask is { } mask ? BadRecordException.Guard("mask", () => Region.OfMask(_decoder.Decode(mask)))
                : Region.OfBox(finding.Box, (int)image.Width, (int)image.Height);
            if (region.Width != image.Width || region.Height != image.Height)
            {
                fault = $"mask of {finding.Name} has {region.Width}×{region.Height} pixels, its image {image.Width}×{image.Height}";
                return null;
            }
            fault = region.Area > 0 ? null : $"mask or box of {finding.Name} is empty";
            return region.Area > 0 ? region : null;
        }
        catch (BadRecordException e)
        {
            fault = $"mask of {finding.Name}: {e.Message}";
            return null;
        }
    }

    private static IEnumerable<GroundedExample> InTurns(IEnumerable<GroundedExample> examples, Func<GroundedExample, string> by) => examples.GroupBy(by)
        .SelectMany(group => group.Select((example, turn) => (Example: example, Turn: turn))).OrderBy(e => e.Turn).Select(e => e.Example);

    private void Note(IReadOnlyList<string> faults, string what)
    {
        if (faults.Count > 0)
        {
            var more = faults.Count > NamedInNotes ? "; …" : "";
            _notes.Add(string.Create(CultureInfo.InvariantCulture, $"{what}: {faults.Count} ({string.Join("; ", faults.Take(NamedInNotes))}{more})"));
        }
    }

    private Dictionary<string, int> ByType(IReadOnlyList<int> counts) => _types.Zip(counts).ToDictionary(t => t.First, t => t.Second);

    private sealed record Phrase(string Finding, string Text, int[] Words, Region Region);
}
