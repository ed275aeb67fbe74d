using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Text;
using MedMoE.Mesh.Trainer.Data;

namespace MedMoE.Mesh.Trainer.Training;

/// <summary>Batches of data sets, prepared while the networks are busy with those before.</summary>
/// <param name="training">The pairs to learn.</param>
/// <param name="validation">The pairs to judge by; null for none.</param>
internal sealed class StudyBatches(StudyLoader training, StudyLoader? validation) : IBatchSource
{
    /// <summary>What was left out of the last epoch.</summary>
    public SkippedRecords Skipped { get; private set; } = new();

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
        Skipped = new SkippedRecords();
        return training.Read(epoch, Skipped, skip).Select(Batch);
    }

    public IEnumerable<TrainingBatch>? Validation => validation?.Read(epoch: 0, new SkippedRecords()).Select(Batch);

    private static TrainingBatch Batch(PreparedBatch batch) => new(
        [.. batch.Studies.Select(s => s.Pixels)], [.. batch.Studies.Select(s => s.Tokens)], [.. batch.Studies.Select(s => s.ReportType)]);
}
