using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Studies;
using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Training;

/// <summary>Batches of data sets, prepared in the background. Null validation data for none.</summary>
public sealed class StudyBatches(StudyLoader training, StudyLoader? validation) : IBatchSource
{
    private readonly Dictionary<string, int> _reported = [];
    private SkippedRecords _skipped = new();
    private StudyNotes _notes = new();

    /// <summary>
    /// Called after a pass with lines on skipped records and on notes of studies, but only if there are more than in the passes before.
    /// </summary>
    public Action<string> Told { get; set; } = _ => { };

    /// <summary>Opens data for training and validation (null for none).</summary>
    /// <exception cref="StudyDataException">No data, or labels that the bundle does not have.</exception>
    public static StudyBatches Open(string data, string? validation, BundleManifest manifest, BertTokenizer tokenizer, TrainOptions options)
    {
        var preparation = new StudyPreparation(manifest, tokenizer);
        var sections = options.Sections is null ? null : ReportSections.Parse(options.Sections);
        StudyLoader Loader(string path) => new(StudySource.Open(path, manifest.Experts, sections), preparation, new LoaderOptions
        {
            BatchSize = options.Batch,
            Batches = options.Batches,
            Seed = options.Seed,
        });
        return new StudyBatches(Loader(data), validation is null ? null : Loader(validation));
    }

    public IEnumerable<TrainingBatch> Epoch(int epoch, int skip)
    {
        (_skipped, _notes) = (new SkippedRecords(), new StudyNotes());
        return Pass("an epoch", training.Read(epoch, _skipped, skip), _skipped, _notes);
    }

    public IEnumerable<TrainingBatch>? Validation
    {
        get
        {
            var skipped = new SkippedRecords();
            return validation is null ? null : Pass("the validation data", validation.Read(epoch: 0, skipped), skipped, new StudyNotes());
        }
    }

    /// <summary>Reports the same for an epoch that was not finished.</summary>
    public void Tell() => Report("an epoch", _skipped, _notes);

    private IEnumerable<TrainingBatch> Pass(string pass, IEnumerable<PreparedBatch> batches, SkippedRecords skipped, StudyNotes notes)
    {
        foreach (var batch in batches)
        {
            foreach (var study in batch.Studies)
            {
                notes.Add(study.Key, study.Note);
            }
            yield return Batch(batch);
        }
        Report(pass, skipped, notes);
    }

    private void Report(string pass, SkippedRecords skipped, StudyNotes notes)
    {
        Report($"left out of {pass}", skipped.Count, [$"{skipped}"]);
        Report($"in {pass}", notes.Count, notes.Lines);
    }

    private void Report(string what, int count, IEnumerable<string> lines)
    {
        if (count <= _reported.GetValueOrDefault(what))
        {
            return;
        }
        _reported[what] = count;
        foreach (var line in lines)
        {
            Told($"{what}: {line}");
        }
    }

    private static TrainingBatch Batch(PreparedBatch batch) => new(
        [.. batch.Studies.Select(s => s.Pixels)], [.. batch.Studies.Select(s => s.Tokens)], [.. batch.Studies.Select(s => s.ReportType)]);
}
