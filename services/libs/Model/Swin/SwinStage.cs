using TorchSharp.Modules;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Swin;

/// <summary>A stage: its blocks and, except in the last stage, the patch merging after them.</summary>
internal sealed class SwinStage : Module
{
    private readonly ModuleList<SwinBlock> blocks;
    private readonly PatchMerging? downsample;

    public SwinStage(SwinConfig config, int stage)
        : base(nameof(SwinStage))
    {
        blocks = ModuleList<SwinBlock>([.. Enumerable.Range(0, config.Depths[stage]).Select(i => new SwinBlock(config, stage, shifted: i % 2 == 1))]);
        downsample = stage < config.Stages - 1 ? new PatchMerging(config.ChannelsOf(stage)) : null;
        RegisterComponents();
    }

    /// <summary>[batch, height, width, channels], kept.</summary>
    public Tensor Blocks(Tensor input)
    {
        using var scope = NewDisposeScope();
        return blocks.Aggregate(input, (x, block) => block.forward(x)).MoveToOuterDisposeScope();
    }

    /// <summary>[batch, height / 2, width / 2, 2 · channels] from a stage's output; the last stage returns its output unchanged.</summary>
    public Tensor Merge(Tensor output) => downsample is null ? output : downsample.forward(output);

    public void Freeze()
    {
        foreach (var block in blocks)
        {
            block.Freeze();
        }
    }
}

/// <summary>Merges 2×2 tokens into one with twice the channels (Swin, section 3.1).</summary>
internal sealed class PatchMerging : Module<Tensor, Tensor>
{
    private readonly LayerNorm norm;
    private readonly Linear reduction;

    public PatchMerging(int channels)
        : base(nameof(PatchMerging))
    {
        norm = LayerNorm(4 * channels, SwinConfig.PatchNormEpsilon);
        reduction = Linear(4 * channels, 2 * channels, hasBias: false);
        RegisterComponents();
    }

    /// <summary>[batch, height, width, channels] to [batch, ⌈height / 2⌉, ⌈width / 2⌉, 2 · channels]; an odd side gets a row of zeros.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var (batch, height, width, channels) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3]);
        if (height % 2 != 0 || width % 2 != 0)
        {
            input = functional.pad(input, [0, 0, 0, width % 2, 0, height % 2]);
            (height, width) = (input.shape[1], input.shape[2]);
        }
        // Channels are concatenated in the order (row, column) = (0,0), (1,0), (0,1), (1,1): the column varies slowest.
        var joined = input.view(batch, height / 2, 2, width / 2, 2, channels).permute(0, 1, 3, 4, 2, 5)
            .reshape(batch, height / 2, width / 2, 4 * channels);
        return reduction.forward(norm.forward(joined)).MoveToOuterDisposeScope();
    }
}
