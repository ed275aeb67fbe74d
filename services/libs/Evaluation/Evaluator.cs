using System.Numerics.Tensors;
using MedMoE.Mesh.Evaluation.Output;
using MedMoE.Mesh.Evaluation.Reading;
using MedMoE.Mesh.Evaluation.Tasks;
using MedMoE.Mesh.Imaging;
using MedMoE.Mesh.Studies;
using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Evaluation;

/// <summary>
/// Evaluates a bundle on a data set. Studies are read in groups of one report type, in the data's order; a group also has the candidates of
/// retrieval. Only the measurements of a study are kept.
/// </summary>
/// <param name="reader">Runs the networks.</param>
/// <param name="prompts">Zero-shot classes; null for none.</param>
/// <param name="candidates">Studies per group, 2 or more.</param>
public sealed class Evaluator(StudyReader reader, PromptSets? prompts, int candidates)
{
    private readonly string[] _types = [.. reader.Manifest.Experts.Select(e => e.Name)];
    private readonly StudyPhrases _phrases = new();
    private readonly Dictionary<int, EncodedText[][]> _prompts = [];
    private readonly EvaluationNotes _notes = new();
    private readonly StudyNotes _imageNotes = new();
    private readonly List<string> _invalid = [];
    private readonly TextSurvey _reports = new(reader.Tokenizer, reader.Manifest.Text.MaxTokens);
    private readonly RecordWorkers _workers = new(Environment.ProcessorCount, ahead: 4 * Environment.ProcessorCount);

    /// <summary>The tasks, in the order of the output. A new task is added only here.</summary>
    private readonly EvaluationTask[] _tasks =
    [
        new GateTask([.. reader.Manifest.Experts.Select(e => e.Name)]),
        new ZeroShotTask(prompts, reader.Manifest.Similarity),
        new RetrievalTask(candidates),
        new GroundingTask(),
        new ProbeTask(),
    ];

    /// <summary>Reads all studies; can be called once. <paramref name="onRead"/> gets the number of studies read so far.</summary>
    /// <exception cref="InvalidEvaluationException">No study can be read.</exception>
    /// <exception cref="StudyDataException">The data are for another bundle.</exception>
    public EvaluationResult Run(IEnumerable<StudyRecord> studies, Action<int>? onRead = null)
    {
        var groups = _types.Select(_ => new List<(Study Study, float[] Pixels)>()).ToArray();
        var read = new int[_types.Length];
        void ReadGroup(int type)
        {
            Read(type, groups[type]);
            read[type] += groups[type].Count;
            groups[type].Clear();
            onRead?.Invoke(read.Sum());
        }
        foreach (var (study, pixels) in Decode(studies))
        {
            groups[study.ReportType].Add((study, pixels));
            if (groups[study.ReportType].Count == candidates)
            {
                ReadGroup(study.ReportType);
            }
        }
        for (var type = 0; type < groups.Length; type++)
        {
            if (groups[type].Count > 0)
            {
                ReadGroup(type);
            }
        }
        return read.Sum() > 0 ? Result(read) : throw new InvalidEvaluationException(
            _invalid.Count == 0 ? "no studies in the data" : $"none of {_invalid.Count} studies can be read; {_invalid[0]}");
    }

    private EvaluationResult Result(int[] read)
    {
        _notes.Add("studies left out", _invalid);
        foreach (var line in _imageNotes.Lines.Concat(_reports.LosesText ? _reports.Lines : []))
        {
            _notes.Add(line);
        }
        _phrases.Note(_notes);
        foreach (var task in _tasks)
        {
            task.Note(_notes);
        }
        return new EvaluationResult
        {
            ModelVersion = reader.Manifest.ModelVersion,
            Notice = reader.Manifest.Notice,
            Expert = reader.Choice.ToString(),
            Studies = ByType(read),
            Tasks = _tasks,
            ExpertRuns = ByType(reader.ExpertRuns),
            ExpertsPerImage = (double)reader.ExpertRuns.Sum() / reader.ImagesRead,
            Notes = _notes.Lines,
        };
    }

    /// <summary>Studies with their pixels, in order; invalid ones are left out and noted.</summary>
    private IEnumerable<(Study Study, float[] Pixels)> Decode(IEnumerable<StudyRecord> records)
    {
        foreach (var (name, decoded, fault) in _workers.Prepare(records, Decode))
        {
            if (decoded is null)
            {
                _invalid.Add($"{name}: {fault}");
            }
            else
            {
                _reports.Add(decoded.Study.Report);
                _imageNotes.Add(decoded.Study.Key, decoded.Image.Note);
                yield return (decoded.Study, decoded.Image.Pixels);
            }
        }
    }

    private DecodedStudy Decode(StudyRecord record)
    {
        var study = record.Load();
        // Texts are encoded in batches, so an invalid one must be found before.
        BadRecordException.Guard("report", () => reader.Tokenizer.Encode(study.Report, reader.Manifest.Text.MaxTokens));
        return new DecodedStudy(study, BadRecordException.Guard("image", () => reader.Preprocessor.Prepare(study.Image)));
    }

    private void Read(int type, List<(Study Study, float[] Pixels)> group)
    {
        var reports = reader.Encode([.. group.Select(g => g.Study.Report)]);
        var first = !_prompts.TryGetValue(type, out var prompted);
        prompted ??= _prompts[type] = [.. _tasks.Select(task => task.PromptsOf(type) is { Count: > 0 } texts ? reader.Encode(texts) : [])];
        Phrase[][] phrases = [.. group.Zip(reports, (g, report) => _phrases.Of(g.Study, report))];
        var readings = reader.Read(
            [.. group.Zip(phrases, (g, own) => new StudyImage(g.Pixels, type, [.. own.Select(p => p.Words)]))], reports,
            [.. prompted.SelectMany(p => p)]);
        for (var (i, at) = (0, 0); i < _tasks.Length; at += prompted[i++].Length)
        {
            // Each task gets the scores with its own prompts.
            var own = at..(at + prompted[i].Length);
            _tasks[i].Add(
                new StudyGroup(type, _types[type], [.. group.Select((g, study) => new ReadStudy(
                    g.Study, reports[study], phrases[study], readings[study] with { PromptScores = readings[study].PromptScores[own] }))]),
                _notes);
        }
        if (first && reader.Choice.Policy is ExpertPolicy.Auto or ExpertPolicy.Report)
        {
            NoteMisrouted(type, prompted);
        }
    }

    /// <summary>Prompts that are routed to another expert than their type's are a bad test of it.</summary>
    private void NoteMisrouted(int type, EncodedText[][] prompted)
    {
        foreach (var (task, texts) in _tasks.Zip(prompted))
        {
            var misrouted = task.PromptsOf(type).Zip(texts).Where(p => TensorPrimitives.IndexOfMax<float>(p.Second.Gate) != type);
            _notes.Add(
                $"{task.Name.Replace('_', '-')}: prompts of {_types[type]} that the gate sends to another expert",
                [.. misrouted.Select(p => $"\"{p.First}\"")]);
        }
    }

    private Dictionary<string, int> ByType(IReadOnlyList<int> counts) => _types.Zip(counts).ToDictionary(t => t.First, t => t.Second);

    private sealed record DecodedStudy(Study Study, PreparedImage Image);
}
