using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Model.Weights;

/// <summary>
/// A bundle's backbone and text side, prepared for inference. Both throw <see cref="BundleException"/> with every fault of the part. Experts come
/// from <see cref="LoadedExperts"/>.
/// </summary>
public static class PlacedNetworks
{
    /// <summary>The backbone part, for the levels of the bundle's architecture.</summary>
    public static PyramidBackbone LoadBackbone(ModelBundle bundle, TorchOptions options)
    {
        var network = BundleNetworks.LoadSwin(bundle);
        options.Place(network);
        network.Freeze();
        return new PyramidBackbone(network, bundle.Manifest.Architecture);
    }

    /// <summary>The text part with its tokenizer.</summary>
    public static TextEmbedder LoadText(ModelBundle bundle, TorchOptions options)
    {
        var network = BundleNetworks.LoadBert(bundle);
        options.Place(network);
        return new TextEmbedder(BertTokenizer.Read(bundle.FolderOf(BundlePart.Text), network.Config.VocabularySize), network, bundle.Manifest.Text);
    }
}
