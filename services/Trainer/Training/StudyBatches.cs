using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Images;
using MedMoE.Mesh.Model.Text;
using MedMoE.Mesh.Trainer.Data;

namespace MedMoE.Mesh.Trainer.Training;

internal sealed class StudyBatches : IBatchSource, IDisposable
{
    private readonly List<(float[] P, Tokens T, int Type)> _train;
    private readonly List<(float[] P, Tokens T, int Type)> _validation = [];
    private readonly TrainOptions _options;

    public StudyBatches(string data, string? validation, BundleManifest manifest, BertTokenizer tokenizer, TrainOptions options)
    {
        _options = options;
        var pre = new ImagePreprocessor(manifest.Image, new ImageDecoder());
        List<(float[], Tokens, int)> Read(string path) => [.. StudySource.Open(path, [.. manifest.Experts.Select(e => e.Name)]).ReadAll().AsParallel().AsOrdered()
            .Select(s => (pre.Prepare(s.Image), tokenizer.Encode(s.Report).Truncate(manifest.Text.MaxTokens), s.ReportType))];
        _train = Read(data);
        _validation = validation is null ? [] : Read(validation);
    }

    public IEnumerable<TrainingBatch> Epoch(int epoch, int skip) => Batches(_train, new Random((_options.Seed * 1000) + epoch)).Skip(skip);

    public IEnumerable<TrainingBatch>? Validation => _validation.Count == 0 ? null : Batches(_validation, new Random(1));

    public void Report(TextWriter output)
    {
    }

    public void Dispose()
    {
    }

    private IEnumerable<TrainingBatch> Batches(List<(float[] P, Tokens T, int Type)> data, Random random)
    {
        var order = Enumerable.Range(0, data.Count).ToArray();
        random.Shuffle(order);
        var waiting = new Dictionary<int, List<int>>();
        foreach (var at in order)
        {
            var kind = _options.Batches == BatchPlan.ByType ? data[at].Type : 0;
            if (!waiting.TryGetValue(kind, out var list))
            {
                waiting[kind] = list = [];
            }
            list.Add(at);
            if (list.Count == _options.Batch)
            {
                yield return new TrainingBatch([.. list.Select(i => data[i].P)], [.. list.Select(i => data[i].T)], [.. list.Select(i => data[i].Type)]);
                list.Clear();
            }
        }
    }
}
