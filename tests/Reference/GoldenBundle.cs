using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Gating;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Weights;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Reference;

/// <summary>The bundle of medmoe-nano-paper or medmoe-nano-reference, written out with weights by formula.</summary>
public sealed class GoldenBundle : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public GoldenBundle(Architecture architecture)
    {
        Name = $"medmoe-nano-{architecture.ToString().ToLowerInvariant()}";
        File.Copy(Golden.PathOf(Name, "medmoe.json"), _folder["medmoe.json"]);
        var manifest = BundleManifest.Read(_folder["medmoe.json"]);
        var swin = SwinConfig.Read(Golden.PathOf("swin-nano", "config.json"));
        Write("backbone", new SwinTransformer(swin));
        File.Copy(Golden.PathOf("swin-nano", "config.json"), _folder["backbone", "config.json"]);
        Write("text", new BertEncoder(BertConfig.Read(Golden.PathOf("bert-nano", "config.json")), withPooler: true), name => "text." + name);
        File.Copy(Golden.PathOf("bert-nano", "config.json"), _folder["text", "config.json"]);
        File.Copy(Golden.PathOf("bert-nano", "vocab.txt"), _folder["text", "vocab.txt"]);
        File.WriteAllText(_folder["text", "tokenizer_config.json"], """{ "do_lower_case": false }""");
        Write("gate", new Gate(manifest.EmbeddingDim, swin.FeatureDim, manifest.Experts.Count), name => "gate." + name);
        foreach (var expert in manifest.Experts)
        {
            Write($"experts/{expert.Name}", new ModalityExpert(ExpertShape.Of(manifest, swin)), name => $"expert.{expert.Name}." + (
                architecture == Architecture.Paper ? name : name.Replace("proj.", "proj_convs.").Replace("scale_attention.", "attn_proj.")));
        }
    }

    /// <summary>Its folder below tests/golden.</summary>
    public string Name { get; }

    public string Root => _folder.Path;

    public ModelBundle Open() => ModelBundle.Open(Root);

    public void Dispose() => _folder.Dispose();

    private void Write(string part, nn.Module network, Func<string, string>? hashed = null)
    {
        Directory.CreateDirectory(_folder[part]);
        Formula.Fill(network, hashed);
        StateDict.Save(network, _folder[part, "model.safetensors"]);
        network.Dispose();
    }
}
