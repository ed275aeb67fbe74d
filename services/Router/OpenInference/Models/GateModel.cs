using MedMoE.Mesh.Router.Gating;
using MedMoE.Mesh.Router.OpenInference.Tensors;
using MedMoE.Mesh.Router.Pyramids;
using MedMoE.Mesh.Router.Texts;
using MedMoE.Mesh.Wire;
using MedMoE.Mesh.Wire.Catalog;
using GateDecision = MedMoE.Mesh.Bundle.Gating.GateDecision;

namespace MedMoE.Mesh.Router.OpenInference.Models;

/// <summary>The gates as a model: the one on texts, or the one on images.</summary>
internal sealed class GateModel(TextSource texts, PyramidSource pyramids, RouterGate gate)
    : InferenceModel(
        ModelNames.Gate,
        [new TensorSpec(InferBatch.TextInput, ElementType.Bytes, 1) { IsOptional = true }, .. ImageInputs.Of(gate.Manifest)],
        GateOutputs.Of(gate.Manifest))
{
    // A text needs the text encoder and an image the backbone, but neither needs the other.
    public override IReadOnlyList<MeshService> Services => [];

    /// <summary>The gate takes microseconds in the router, which are not measured, and is never answered from the cache.</summary>
    public static Stage Stage() => new(ModelNames.Gate, new Timing { BatchSize = 1 });

    public override Task<ItemAnswer[]> Run(InferBatch batch, CancellationToken cancellation)
    {
        if (batch.Has(InferBatch.TextInput) == (batch.Has(InferBatch.ImageInput) || batch.Has(InferBatch.PixelsInput)))
        {
            throw new InvalidFieldException("inputs", $"{ModelNames.Gate} takes either {InferBatch.TextInput} or an image");
        }
        return batch.Has(InferBatch.TextInput) ? OfTexts(batch, cancellation) : OfImages(batch, cancellation);
    }

    private Task<ItemAnswer[]> OfTexts(InferBatch batch, CancellationToken cancellation)
    {
        NamedText[] named = [.. batch.Texts(InferBatch.TextInput).Select((text, i) => new NamedText(text, $"texts[{i}]"))];
        return Named(batch, item: null, async () =>
        {
            var encoded = await texts.Encode(named, cancellation);
            return encoded.Texts.Zip(named, (text, source) => AnswerOf(
                gate.ByReport(text.Encoded, source.Field), encoded.Model, new Stage(ModelNames.TextEncoder, encoded.Timing))).ToArray();
        });
    }

    private Task<ItemAnswer[]> OfImages(InferBatch batch, CancellationToken cancellation)
    {
        var images = Array.ConvertAll(batch.Images(), ImageContent.Of);
        return Each(
            batch,
            async (i, stop) =>
            {
                using var reader = pyramids.Open(images[i]);
                var summary = await pyramids.Summary(reader, stop);
                return AnswerOf(gate.ByImage(summary.Pooled), summary.Model, new Stage(ModelNames.Backbone, summary.Timing));
            },
            cancellation);
    }

    private ItemAnswer AnswerOf(GateDecision decision, ModelInfo network, Stage stage)
    {
        var outputs = new Dictionary<string, Cell>();
        GateOutputs.AddTo(outputs, gate.ToProto(decision), gate.Manifest);
        return new ItemAnswer(outputs, network, [stage, Stage()]);
    }
}
