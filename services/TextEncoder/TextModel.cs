using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Weights;
using MedMoE.Mesh.ModelServing;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.Serving.Load;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.Text;
using MedMoE.Mesh.V1;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.TextEncoder;

/// <summary>A text's embeddings, [words, D] and [D], as arrays: tensors must not leave the model's thread.</summary>
internal sealed record TextFeatures(float[] Words, float[] Sentence, ModelInfo Model);

internal sealed class TextModel(IOptions<ModelOptions> model, IOptions<TextEncoderOptions> options, ServiceLoad load) : IExchangedModel, IDisposable
{
    private readonly ServedNetwork<TextEmbedder, Tokens, TextFeatures> _network = new(
        model.Value,
        BundlePart.Text,
        new BatcherOptions { MaxBatchSize = options.Value.MaxBatchSize, QueueCapacity = options.Value.QueueCapacity },
        PlacedNetworks.LoadText,
        Run,
        fits: (batch, next) => (batch.Count + 1) * Math.Max(batch.Max(t => t.Ids.Count), next.Ids.Count) <= options.Value.MaxBatchTokens,
        served: load);

    public ModelInfo Info => _network.Latest.Info;

    public BundlePart Part => _network.Part;

    public void Exchange(string bundle) => _network.Exchange(bundle);

    /// <summary>Maximum texts of a call. A call with more than the queue holds could never be accepted.</summary>
    public int MaxTexts => options.Value.QueueCapacity;

    public Batcher<Tokens, TextFeatures> Batcher => _network.Batcher;

    /// <summary>Thread-safe; call it outside the model's thread.</summary>
    public Tokens Tokenize(string text) => _network.Latest.Network.Tokenizer.Encode(text, _network.Latest.Bundle.Manifest.Text.MaxTokens);

    public Task WarmUp(CancellationToken cancellation) => Batcher.Submit(Tokenize("warm up"), cancellation: cancellation);

    public void Dispose() => _network.Dispose();

    private static TextFeatures[] Run(Generation<TextEmbedder> generation, IReadOnlyList<Tokens> batch)
    {
        var encoded = generation.Network.Encode(batch);
        var (words, sentences) = (encoded.Words.cpu(), encoded.Sentences.cpu());
        return [.. batch.Select((tokens, row) => new TextFeatures(
            [.. words[row].narrow(0, 0, tokens.Words.Count).contiguous().data<float>()],
            [.. sentences[row].contiguous().data<float>()],
            generation.Info))];
    }
}
