using MedMoE.Mesh.Router.Gating;
using MedMoE.Mesh.Router.OpenInference.Tensors;
using MedMoE.Mesh.Router.Pyramids;
using MedMoE.Mesh.Serving.Balancing;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Router.OpenInference.Models;

/// <summary>The backbone as a model. The levels have the type in which the mesh sends and keeps them (Router:PyramidType).</summary>
internal sealed class BackboneModel(PyramidSource pyramids, RouterGate gate, DataType levelType)
    : InferenceModel(
        ModelNames.Backbone, ImageInputs.Of(gate.Manifest),
        [
            new TensorSpec(Pooled, ElementType.Fp32, gate.PooledDim),
            .. Enumerable.Range(0, Pyramid.Levels).Select(level =>
                new TensorSpec(Level(level), ElementType.Of(levelType), -1, -1, gate.PooledDim >> (Pyramid.Levels - 1 - level))),
        ])
{
    public const string Pooled = "POOLED";

    public override IReadOnlyList<MeshService> Services => [MeshService.Backbone];

    public override Task<ItemAnswer[]> Run(InferBatch batch, CancellationToken cancellation)
    {
        var images = Array.ConvertAll(batch.Images(), ImageContent.Of);
        var withLevels = Enumerable.Range(0, Pyramid.Levels).Any(level => batch.Wants(Level(level)));
        return Each(batch, (i, stop) => Extract(images[i], withLevels, stop), cancellation);
    }

    private async Task<ItemAnswer> Extract(ImageContent image, bool withLevels, CancellationToken cancellation)
    {
        using var reader = pyramids.Open(image);
        var outputs = new Dictionary<string, Cell>();
        PyramidSummary summary;
        if (withLevels)
        {
            summary = await Attempts.OnceMore(MeshService.Backbone, async () =>
            {
                // All of one run: a second one may have other weights.
                var pyramid = reader.Start();
                await pyramid.Summary.WaitAsync(cancellation);
                for (var level = 0; level < Pyramid.Levels; level++)
                {
                    outputs[Level(level)] = Cell.Of(FeaturesOf(await pyramid.Level(level)));
                }
                return reader.Finished!;
            });
        }
        else
        {
            summary = await pyramids.Summary(reader, cancellation);
        }
        outputs[Pooled] = Cell.Of(summary.Pooled);
        return new ItemAnswer(outputs, summary.Model, [new Stage(ModelNames.Backbone, summary.Timing)]);
    }

    private static string Level(int level) => $"LEVEL_{level}";

    private static WireTensor FeaturesOf(RelayMessage level) => ExtractPyramidResponse.Parser.ParseFrom(level.Bytes.Span).Level.Features;
}
