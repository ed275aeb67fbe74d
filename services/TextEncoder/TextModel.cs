using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.Text;
using MedMoE.Mesh.V1;
using Microsoft.Extensions.Options;
using static TorchSharp.torch;

namespace MedMoE.Mesh.TextEncoder;

/// <summary>A text's embeddings, as arrays: tensors stay on the model's thread.</summary>
/// <param name="Words">[words, D].</param>
/// <param name="Sentence">[D].</param>
internal sealed record TextFeatures(float[] Words, float[] Sentence);

/// <summary>The text part of the bundle behind its batcher.</summary>
internal sealed class TextModel : IServedModel, IDisposable
{
    private readonly TextEmbedder _embedder;
    private readonly BatcherMetrics _metrics = new("text");
    private readonly int _maxTokens;

    public TextModel(IOptions<ModelOptions> model, IOptions<TextEncoderOptions> limits)
    {
        var bundle = ModelBundle.Open(model.Value.Bundle);
        var torch = TorchOptions.Parse(model.Value.Device, model.Value.Precision);
        _embedder = TextEmbedder.Load(bundle, torch);
        _maxTokens = bundle.Manifest.Text.MaxTokens;
        Info = ServedModel.Describe(bundle, BundlePart.Text, torch.PrecisionName);
        var (padded, options) = (limits.Value.PaddedTokens, limits.Value);
        MostTexts = options.QueueCapacity;
        Batcher = new Batcher<Tokens, TextFeatures>(
            new BatcherOptions { LargestBatch = options.LargestBatch, QueueCapacity = options.QueueCapacity },
            Run, _metrics,
            fits: (batch, next) => (batch.Count + 1) * Math.Max(batch.Max(t => t.Ids.Count), next.Ids.Count) <= padded);
    }

    public ModelInfo Info { get; }

    /// <summary>Texts of a call at most: as many as may wait.</summary>
    public int MostTexts { get; }

    public Batcher<Tokens, TextFeatures> Batcher { get; }

    /// <summary>Thread-safe, and on the caller's thread: the model's has better things to do.</summary>
    public Tokens Tokenize(string text) => _embedder.Tokenizer.Encode(text, _maxTokens);

    public Task WarmUp(CancellationToken cancellation) => Batcher.Submit(Tokenize("warm up"), cancellation: cancellation);

    public void Dispose()
    {
        Batcher.Dispose();
        _embedder.Dispose();
        _metrics.Dispose();
    }

    private TextFeatures[] Run(IReadOnlyList<Tokens> batch)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var encoded = _embedder.Encode(batch);
        var (words, sentences) = (encoded.Words.cpu(), encoded.Sentences.cpu());
        return [.. batch.Select((tokens, row) => new TextFeatures(
            [.. words[row].narrow(0, 0, tokens.Words.Count).contiguous().data<float>()],
            [.. sentences[row].contiguous().data<float>()]))];
    }
}
