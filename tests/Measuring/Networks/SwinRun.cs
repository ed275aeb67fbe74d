using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Weights;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Measuring.Networks;

/// <summary>The backbone on pixels that are on the device.</summary>
public sealed class SwinRun : INetworkRun
{
    private readonly PyramidBackbone _backbone;
    private readonly Tensor _pixels;

    public SwinRun(ModelBundle bundle, TorchOptions options, int batch)
    {
        _backbone = PlacedNetworks.LoadBackbone(bundle, options);
        var side = bundle.Manifest.Image.Size;
        _pixels = options.Upload(rand(batch, 3, side, side)).DetachFromDisposeScope();
    }

    public long MultiplyAdds => _backbone.Network.Config.MultiplyAdds();

    public void Run(PhaseWatch watch) => _backbone.Extract(_pixels, (_, _) => { });

    public void Dispose()
    {
        _backbone.Dispose();
        _pixels.Dispose();
    }
}
