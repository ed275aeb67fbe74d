using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Studies;
using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Training;

/// <summary>Batches of data sets, prepared while the networks are busy with those before.</summary>
/// <param name="training">The pairs to learn.</param>
/// <param name="validation">The pairs to judge by; null for none.</param>
public sealed class StudyBatches(StudyLoader training, StudyLoader? validation) : IBatchSource
{
    private readonly Dictionary<string, int> _told = [];
    private SkippedRecords _skipped = new();
    private StudyNotes _notes = new();

    /// <summary>
    /// Told what a pass over the data left out, and what is to be known of what it used, in lines, when it has ended; not where an earlier one had as
    /// much to tell.
    /// </summary>
    public Action<string> Told { get; set; } = _ => { };

    /// <param name="data">The pairs to learn.</param>
    /// <param name="validation">The pairs to judge by; null for none.</param>
    /// <param name="manifest">The bundle's.</param>
    /// <param name="tokenizer">The bundle's.</param>
    /// <param name="options">Batches, seed and sections.</param>
    /// <exception cref="StudyDataException">No data there, or with labels that are none of the bundle's.</exception>
    public static StudyBatches Open(string data, string? validation, BundleManifest manifest, BertTokenizer tokenizer, TrainOptions options)
    {
        string[] types = [.. manifest.Experts.Select(e => e.Name)];
        var preparation = new StudyPreparation(manifest, tokenizer);
        var sections = options.Sections is null ? null : ReportSections.Parse(options.Sections);
        StudyLoader Loader(string path) => new(StudySource.Open(path, types, sections), preparation, new LoaderOptions
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

    /// <summary>Tells the same of an epoch that did not come to its end.</summary>
    public void Tell() => Tell("an epoch", _skipped, _notes);

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
        Tell(pass, skipped, notes);
    }

    private void Tell(string pass, SkippedRecords skipped, StudyNotes notes)
    {
        Tell($"left out of {pass}", skipped.Count, [$"{skipped}"]);
        Tell($"in {pass}", notes.Count, notes.Lines);
    }

    private void Tell(string what, int count, IEnumerable<string> lines)
    {
        if (count <= _told.GetValueOrDefault(what))
        {
            return;
        }
        _told[what] = count;
        foreach (var line in lines)
        {
            Told($"{what}: {line}");
        }
    }

    private static TrainingBatch Batch(PreparedBatch batch) => new(
        [.. batch.Studies.Select(s => s.Pixels)], [.. batch.Studies.Select(s => s.Tokens)], [.. batch.Studies.Select(s => s.ReportType)]);
}
