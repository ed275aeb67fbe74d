using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Model.Swin;

/// <summary>The image backbone: a Swin Transformer, and the four pyramid levels that an architecture uses.</summary>
public sealed class PyramidBackbone(SwinTransformer network, Architecture architecture) : IDisposable
{
    public const int Levels = 4;

    public SwinTransformer Network { get; } = network;

    /// <summary>Channels of each level, finest first: C, 2C, 4C, 8C.</summary>
    public static IReadOnlyList<int> LevelChannels(SwinConfig config) => [.. Enumerable.Range(0, Levels).Select(config.ChannelsOf)];

    /// <summary>Positions on a side of each level, finest first; the same in both architectures.</summary>
    public static IReadOnlyList<int> LevelSides(SwinConfig config) => [.. Enumerable.Range(0, Levels).Select(config.ResolutionOf)];

    /// <summary>
    /// Runs the network and passes on each level as soon as it is computed: stage outputs before merging (paper), or the patch embedding and stages 1
    /// to 3 after merging (reference).
    /// </summary>
    /// <param name="pixelValues">[batch, 3, size, size].</param>
    /// <param name="onLevel">Owns a level (0 is the finest), [batch, side, side, channels]; its other tensors are disposed with this call.</param>
    /// <returns>The pooled feature: mean of the last stage's normalised tokens, [batch, 8C].</returns>
    public Tensor Extract(Tensor pixelValues, Action<int, Tensor> onLevel)
    {
        using var scope = NewDisposeScope();
        void Emit(int level, Tensor features) => onLevel(level, features.alias().MoveToOuterDisposeScope());
        var input = Network.Embed(pixelValues);
        if (architecture == Architecture.Reference)
        {
            Emit(0, input);
        }
        var output = input;
        for (var stage = 0; stage < Levels; stage++)
        {
            output = Network.Stage(stage, input);
            if (architecture == Architecture.Paper)
            {
                Emit(stage, output);
            }
            input = Network.Merge(stage, output);
            if (architecture == Architecture.Reference && stage < Levels - 1)
            {
                Emit(stage + 1, input);
            }
        }
        return Network.Normalise(output).mean([1]).MoveToOuterDisposeScope();
    }

    public void Dispose() => Network.Dispose();
}
