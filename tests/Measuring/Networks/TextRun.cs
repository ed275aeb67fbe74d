using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Weights;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Measuring.Networks;

/// <summary>BERT on texts of <see cref="FullSize.Tokens"/> tokens that are on the device.</summary>
public sealed class TextRun : INetworkRun
{
    private readonly TextEmbedder _embedder;
    private readonly Tensor _ids;
    private readonly Tensor _mask;

    public TextRun(ModelBundle bundle, TorchOptions options, int batch)
    {
        _embedder = PlacedNetworks.LoadText(bundle, options);
        var device = options.ResolveDevice();
        _ids = randint(0, _embedder.Network.Config.VocabularySize, [batch, FullSize.Tokens], ScalarType.Int64).to(device).DetachFromDisposeScope();
        _mask = ones_like(_ids).DetachFromDisposeScope();
    }

    public long MultiplyAdds => _embedder.Network.Config.MultiplyAdds(FullSize.Tokens);

    public void Run(PhaseWatch watch) => _embedder.Network.HiddenStates(_ids, _mask);

    public void Dispose()
    {
        _embedder.Dispose();
        _ids.Dispose();
        _mask.Dispose();
    }
}
