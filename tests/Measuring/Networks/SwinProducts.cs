using MedMoE.Mesh.Model.Swin;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Measuring.Networks;

/// <summary>
/// Every matrix product of a Swin Transformer in its order, as libtorch computes it on matrices that are ready, and nothing between them: the least
/// that the network could take with these products. Each has factors of its own, as in the network.
/// </summary>
public sealed class SwinProducts : INetworkRun
{
    private readonly List<(Tensor Left, Tensor Right, bool IsLinear)> _products = [];

    public SwinProducts(SwinConfig config, int batch)
    {
        MultiplyAdds = config.MultiplyAdds();
        Linear(batch * Square(config.ResolutionOf(0)), config.Channels * Square(config.PatchSize), config.EmbedDim);
        for (var stage = 0; stage < config.Stages; stage++)
        {
            int side = config.ResolutionOf(stage), channels = config.ChannelsOf(stage), window = Math.Min(config.Window, side);
            var tokens = batch * Square(side);
            var windows = batch * Square((side + window - 1) / window);
            int heads = config.Heads[stage], positions = Square(window), width = channels / heads;
            for (var block = 0; block < config.Depths[stage]; block++)
            {
                Linear(windows * positions, channels, 3 * channels);
                Product([windows, heads, positions, width], [windows, heads, width, positions]);
                Product([windows, heads, positions, positions], [windows, heads, positions, width]);
                Linear(windows * positions, channels, channels);
                var hidden = (int)(channels * config.MlpRatio);
                Linear(tokens, channels, hidden);
                Linear(tokens, hidden, channels);
            }
            if (stage < config.Stages - 1)
            {
                Linear(batch * Square(config.ResolutionOf(stage + 1)), 4 * channels, 2 * channels);
            }
        }
    }

    public long MultiplyAdds { get; }

    public void Run(PhaseWatch watch)
    {
        foreach (var (left, right, isLinear) in _products)
        {
            using var product = isLinear ? nn.functional.linear(left, right) : left.matmul(right);
        }
    }

    public void Dispose()
    {
        foreach (var (left, right, _) in _products)
        {
            left.Dispose();
            right.Dispose();
        }
    }

    private static int Square(int side) => side * side;

    private void Linear(long rows, long from, long to) => _products.Add((rand(rows, from), rand(to, from), true));

    private void Product(long[] left, long[] right) => _products.Add((rand(left), rand(right), false));
}
