using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Weights;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Measuring.Networks;

/// <summary>One expert on pyramids and <see cref="FullSize.Words"/> words each, all on the device.</summary>
public sealed class ExpertRun : INetworkRun
{
    private readonly ModelBundle _bundle;
    private readonly ModalityExpert _expert;
    private readonly Tensor[] _pyramid;
    private readonly Tensor _words;
    private readonly int[] _counts;
    private readonly IReadOnlyList<int> _sides;

    public ExpertRun(ModelBundle bundle, TorchOptions options, int batch)
    {
        _bundle = bundle;
        var swin = SwinConfig.Read(bundle.PathOf(BundlePart.Backbone, "config.json"));
        _expert = BundleNetworks.LoadExpert(bundle, bundle.Manifest.Experts[0].Name);
        options.Place(_expert);
        _expert.Freeze();
        _sides = PyramidBackbone.LevelSides(swin);
        _pyramid = [.. PyramidBackbone.LevelChannels(swin).Zip(_sides, (channels, side) =>
            options.Upload(rand(batch, side, side, channels)).DetachFromDisposeScope())];
        _words = rand(batch, FullSize.Words, bundle.Manifest.EmbeddingDim).to(options.ResolveDevice()).DetachFromDisposeScope();
        _counts = [.. Enumerable.Repeat(FullSize.Words, batch)];
    }

    public long MultiplyAdds => _expert.Shape.MultiplyAdds(_sides, FullSize.Words);

    public void Run(PhaseWatch watch)
    {
        var features = _expert.Fuse(_pyramid);
        features.Mean();
        WordAttention.Attend(features, _words, _counts, _bundle.Manifest.Architecture, _bundle.Manifest.Similarity.AttentionTemperature);
    }

    public void Dispose()
    {
        _expert.Dispose();
        _words.Dispose();
        foreach (var level in _pyramid)
        {
            level.Dispose();
        }
    }
}
