using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Studies;
using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Training;

/// <summary>Batches of data sets, prepared in the background.</summary>
public sealed class StudyBatches : IBatchSource
{
    private readonly StudyLoader _training;
    private readonly StudyLoader? _validation;
    private readonly DataReport _trainingReport;
    private readonly DataReport _validationReport;

    /// <summary>Null validation data for none; <paramref name="report"/> gets lines about what of the data is not used.</summary>
    public StudyBatches(StudyLoader training, StudyLoader? validation, BertTokenizer tokenizer, int maxTokens, Action<string> report)
    {
        (_training, _validation) = (training, validation);
        _trainingReport = new DataReport("training data", new TextSurvey(tokenizer, maxTokens), report);
        _validationReport = new DataReport("validation data", new TextSurvey(tokenizer, maxTokens), report);
    }

    /// <summary>Opens data for training and validation (null for none), and reports how many tokens of the first reports are lost.</summary>
    /// <exception cref="StudyDataException">No data, or labels that the bundle does not have.</exception>
    public static StudyBatches Open(
        string data, string? validation, BundleManifest manifest, BertTokenizer tokenizer, TrainOptions options, Action<string> report)
    {
        var preparation = new StudyPreparation(manifest, tokenizer);
        var sections = options.Sections is null ? null : ReportSections.Parse(options.Sections);
        StudyLoader Loader(StudySource source) => new(source, preparation, new LoaderOptions
        {
            BatchSize = options.Batch,
            Batches = options.Batches,
            Seed = options.Seed,
        });
        var training = StudySource.Open(data, manifest.Experts, sections);
        foreach (var line in TextSurvey.OfFirst(training.ReadAll().Select(study => study.Report), tokenizer, manifest.Text.MaxTokens))
        {
            report(line);
        }
        var trained = Loader(training);
        var validated = validation is null ? null : Loader(StudySource.Open(validation, manifest.Experts, sections));
        trained.RequireABatch();
        validated?.RequireABatch();
        return new StudyBatches(trained, validated, tokenizer, manifest.Text.MaxTokens, report);
    }

    public IEnumerable<TrainingBatch> Epoch(int epoch, int skip) =>
        Pass(_trainingReport, () => _training.Read(epoch, _trainingReport.Skipped, skip));

    public IEnumerable<TrainingBatch>? Validation =>
        _validation is null ? null : Pass(_validationReport, () => _validation.Read(epoch: 0, _validationReport.Skipped));

    public string Digest => _training.Digest;

    public string? ValidationDigest => _validation?.Digest;

    /// <summary>Reports on the pass over the training data that the end of the run breaks off.</summary>
    public void End() => _trainingReport.EndPass(whole: false);

    private static IEnumerable<TrainingBatch> Pass(DataReport report, Func<IEnumerable<PreparedBatch>> read)
    {
        report.BeginPass();
        foreach (var batch in read())
        {
            report.Add(batch);
            yield return new TrainingBatch(
                [.. batch.Studies.Select(s => s.Pixels)], [.. batch.Studies.Select(s => s.Tokens)], [.. batch.Studies.Select(s => s.ReportType)]);
        }
        report.EndPass();
    }
}
