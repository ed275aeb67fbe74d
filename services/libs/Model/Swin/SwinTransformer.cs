using TorchSharp.Modules;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Swin;

/// <summary>The Swin Transformer (Liu et al., ICCV 2021, arXiv 2103.14030). Parameters have Hugging Face's names without "swin.".</summary>
public sealed class SwinTransformer : Module
{
    private readonly SwinEmbeddings embeddings;
    private readonly SwinEncoder encoder;
    private readonly LayerNorm layernorm;

    public SwinTransformer(SwinConfig config)
        : base(nameof(SwinTransformer))
    {
        Config = config;
        embeddings = new SwinEmbeddings(config);
        encoder = new SwinEncoder(config);
        layernorm = LayerNorm(config.FeatureDim, config.LayerNormEpsilon);
        RegisterComponents();
    }

    public SwinConfig Config { get; }

    /// <summary>The normalised patch embedding: [batch, channels, size, size], normalised pixels, to [batch, side, side, embed_dim].</summary>
    public Tensor Embed(Tensor pixelValues) => embeddings.forward(pixelValues);

    /// <summary>The blocks of one stage, before patch merging: [batch, side, side, channels], kept.</summary>
    public Tensor Stage(int stage, Tensor input) => encoder.layers[stage].Blocks(input);

    /// <summary>Patch merging after a stage: [batch, side, side, channels] to [batch, side / 2, side / 2, 2 · channels].</summary>
    public Tensor Merge(int stage, Tensor stageOutput) => encoder.layers[stage].Merge(stageOutput);

    /// <summary>The last stage's tokens, normalised: [batch, tokens, channels].</summary>
    public Tensor Normalise(Tensor lastStageOutput) => layernorm.forward(lastStageOutput.flatten(1, 2));

    /// <summary>Prepares for inference: computes in advance what depends only on weights, which must not change afterwards.</summary>
    public void Freeze()
    {
        foreach (var stage in encoder.layers)
        {
            stage.Freeze();
        }
    }

    private sealed class SwinEmbeddings : Module<Tensor, Tensor>
    {
        private readonly PatchEmbeddings patch_embeddings;
        private readonly LayerNorm norm;

        public SwinEmbeddings(SwinConfig config)
            : base(nameof(SwinEmbeddings))
        {
            patch_embeddings = new PatchEmbeddings(config);
            norm = LayerNorm(config.EmbedDim, SwinConfig.PatchNormEpsilon);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return norm.forward(patch_embeddings.forward(input).permute(0, 2, 3, 1).contiguous()).MoveToOuterDisposeScope();
        }
    }

    private sealed class PatchEmbeddings : Module<Tensor, Tensor>
    {
        private readonly Conv2d projection;
        private readonly int _patch;

        public PatchEmbeddings(SwinConfig config)
            : base(nameof(PatchEmbeddings))
        {
            _patch = config.PatchSize;
            projection = Conv2d(config.Channels, config.EmbedDim, kernel_size: _patch, stride: _patch);
            RegisterComponents();
        }

        /// <summary>[batch, channels, height, width] to [batch, embed_dim, height / patch, width / patch]; the edge is padded with zeros.</summary>
        public override Tensor forward(Tensor input)
        {
            var (down, right) = ((_patch - (input.shape[2] % _patch)) % _patch, (_patch - (input.shape[3] % _patch)) % _patch);
            return projection.forward(down + right == 0 ? input : functional.pad(input, [0, right, 0, down]));
        }
    }

    private sealed class SwinEncoder : Module
    {
        public readonly ModuleList<SwinStage> layers;

        public SwinEncoder(SwinConfig config)
            : base(nameof(SwinEncoder))
        {
            layers = ModuleList<SwinStage>([.. Enumerable.Range(0, config.Stages).Select(stage => new SwinStage(config, stage))]);
            RegisterComponents();
        }
    }
}
