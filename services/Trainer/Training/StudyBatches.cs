using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Text;
using MedMoE.Mesh.Trainer.Data;

namespace MedMoE.Mesh.Trainer.Training;

/// <summary>Batches of a data set, and of the one to validate with.</summary>
internal sealed class StudyBatches : IBatchSource
{
    private readonly StudyLoader _train;
    private readonly StudyLoader? _validation;
    private SkippedRecords _skipped = new();
    private SkippedRecords _skippedInValidation = new();

    /// <param name="data">Data to learn, as <see cref="StudySource.Open"/> takes it.</param>
    /// <param name="validation">Data to validate with; null for none.</param>
    /// <param name="manifest">The bundle's.</param>
    /// <param name="tokenizer">The bundle's.</param>
    /// <param name="options">Size and kind of batches, and the seed of their order.</param>
    /// <exception cref="StudyDataException">There is no such data, or its labels are not the bundle's.</exception>
    public StudyBatches(string data, string? validation, BundleManifest manifest, BertTokenizer tokenizer, TrainOptions options)
    {
        var preparation = new StudyPreparation(manifest, tokenizer);
        StudyLoader Open(string path, int seed) => new(StudySource.Open(path, [.. manifest.Experts.Select(e => e.Name)]), preparation, new LoaderOptions
        {
            BatchSize = options.Batch,
            Batches = options.Batches,
            Seed = seed,
        });
        _train = Open(data, options.Seed);
        // Always the same batches, so that losses of one run compare with those of another.
        _validation = validation is null ? null : Open(validation, seed: 0);
    }

    public IEnumerable<TrainingBatch>? Validation => _validation is null ? null : Batches(_validation, 0, 0, _skippedInValidation = new());

    public IEnumerable<TrainingBatch> Epoch(int epoch, int skip) => Batches(_train, epoch, skip, _skipped = new());

    /// <summary>Says what the last epoch and the last validation left out.</summary>
    public void Report(TextWriter output)
    {
        foreach (var (data, skipped) in new[] { ("training", _skipped), ("validation", _skippedInValidation) })
        {
            if (skipped.Count > 0)
            {
                output.WriteLine($"{data} data: skipped {skipped.Count} {(skipped.Count == 1 ? "record" : "records")} a pass");
                foreach (var record in skipped.First)
                {
                    output.WriteLine($"  {record}");
                }
            }
        }
    }

    private static IEnumerable<TrainingBatch> Batches(StudyLoader loader, int epoch, int skip, SkippedRecords skipped) =>
        loader.Read(epoch, skipped, skip).Select(batch => new TrainingBatch(
            [.. batch.Studies.Select(s => s.Pixels)], [.. batch.Studies.Select(s => s.Tokens)], [.. batch.Studies.Select(s => s.ReportType)]));
}
