using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Text;
using MedMoE.Mesh.Trainer.Data;

namespace MedMoE.Mesh.Trainer.Training;

/// <summary>Batches of data sets, prepared while the networks are busy with those before.</summary>
/// <param name="training">The pairs to learn.</param>
/// <param name="validation">The pairs to judge by; null for none.</param>
internal sealed class StudyBatches(StudyLoader training, StudyLoader? validation) : IBatchSource
{
    private readonly Dictionary<string, int> _told = [];
    private SkippedRecords _skipped = new();

    /// <summary>Told what a pass over the data left out, in one line, when it has ended; not where an earlier one left out as much.</summary>
    public Action<string> LeftOut { get; set; } = _ => { };

    /// <param name="data">The pairs to learn.</param>
    /// <param name="validation">The pairs to judge by; null for none.</param>
    /// <param name="manifest">The bundle's.</param>
    /// <param name="tokenizer">The bundle's.</param>
    /// <param name="options">Batches and seed.</param>
    /// <exception cref="StudyDataException">No data there, or with labels that are none of the bundle's.</exception>
    public static StudyBatches Open(string data, string? validation, BundleManifest manifest, BertTokenizer tokenizer, TrainOptions options)
    {
        string[] types = [.. manifest.Experts.Select(e => e.Name)];
        var preparation = new StudyPreparation(manifest, tokenizer);
        StudyLoader Loader(string path) => new(StudySource.Open(path, types), preparation, new LoaderOptions
        {
            BatchSize = options.Batch,
            Batches = options.Batches,
            Seed = options.Seed,
        });
        return new StudyBatches(Loader(data), validation is null ? null : Loader(validation));
    }

    public IEnumerable<TrainingBatch> Epoch(int epoch, int skip)
    {
        _skipped = new SkippedRecords();
        return Pass("an epoch", training.Read(epoch, _skipped, skip), _skipped);
    }

    public IEnumerable<TrainingBatch>? Validation
    {
        get
        {
            var skipped = new SkippedRecords();
            return validation is null ? null : Pass("the validation data", validation.Read(epoch: 0, skipped), skipped);
        }
    }

    /// <summary>Tells what has been left out of an epoch that did not come to its end.</summary>
    public void Tell() => Tell("an epoch", _skipped);

    private IEnumerable<TrainingBatch> Pass(string what, IEnumerable<PreparedBatch> batches, SkippedRecords skipped)
    {
        foreach (var batch in batches)
        {
            yield return Batch(batch);
        }
        Tell(what, skipped);
    }

    private void Tell(string what, SkippedRecords skipped)
    {
        if (skipped.Count > _told.GetValueOrDefault(what))
        {
            _told[what] = skipped.Count;
            LeftOut($"left out of {what}: {skipped}");
        }
    }

    private static TrainingBatch Batch(PreparedBatch batch) => new(
        [.. batch.Studies.Select(s => s.Pixels)], [.. batch.Studies.Select(s => s.Tokens)], [.. batch.Studies.Select(s => s.ReportType)]);
}
