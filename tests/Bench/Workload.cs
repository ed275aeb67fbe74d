using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Bench.Peer;
using MedMoE.Mesh.Measuring.Networks;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Swin;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Bench;

/// <summary>The networks of a bundle in this process, each at batches of <see cref="Batches"/>, and what they are compared with.</summary>
internal static class Workload
{
    public const string Backbone = "backbone";
    public const string BackboneBf16 = "backbone bf16";
    public const string Products = "products of the backbone";
    public const string Onnx = "Swin-T by ONNX Runtime";
    public const string Expert = "expert";
    public const string Texts = "text encoder";
    public const string Chain = "one process";

    public static IReadOnlyList<int> Batches { get; } = [1, 8];

    /// <summary>What a case of a network is called.</summary>
    public static string Of(string network, int batch) => $"{network}, batch {batch}";

    /// <summary>In the order in which they are measured: what is compared is measured close together.</summary>
    /// <param name="bundle">Its networks.</param>
    /// <param name="image">PNG or JPEG that <see cref="Chain"/> decodes.</param>
    public static IReadOnlyList<NetworkCase> Networks(ModelBundle bundle, byte[] image)
    {
        var (fp32, bf16) = (new TorchOptions(), new TorchOptions(Precision: Precision.Bf16));
        var swin = SwinConfig.Read(bundle.PathOf(BundlePart.Backbone, "config.json"));
        var networks = new List<(string Name, Func<int, INetworkRun> Load)>
        {
            (Backbone, batch => new SwinRun(bundle, fp32, batch)),
            (Products, batch => new SwinProducts(swin, batch)),
            (Expert, batch => new ExpertRun(bundle, fp32, batch)),
            (Texts, batch => new TextRun(bundle, fp32, batch)),
            (Chain, batch => new ChainRun(bundle, fp32, batch, image)),
        };
        if (swin is { EmbedDim: 96, ImageSize: 224, Depths: [2, 2, 6, 2] })
        {
            networks.Insert(1, (Onnx, batch => new OnnxSwin(batch)));
        }
        if (new TorchOptions(Precision: Precision.Auto).ScalarType == ScalarType.BFloat16)
        {
            networks.Insert(1, (BackboneBf16, batch => new SwinRun(bundle, bf16, batch)));
        }
        return [.. Batches.SelectMany(_ => networks, (batch, network) => new NetworkCase(Of(network.Name, batch), batch, network.Load(batch)))];
    }
}
