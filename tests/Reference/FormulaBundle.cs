using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Gating;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Weights;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Reference;

/// <summary>Bundles of any size with weights by <see cref="Formula"/>.</summary>
public static class FormulaBundle
{
    /// <param name="folder">Exists, and gets the bundle.</param>
    /// <param name="manifest">Its medmoe.json.</param>
    /// <param name="swin">The backbone's config.json.</param>
    /// <param name="bert">The text encoder's config.json.</param>
    /// <param name="vocabulary">As many pieces as the text encoder's <c>vocab_size</c>.</param>
    public static void Write(string folder, string manifest, string swin, string bert, IEnumerable<string> vocabulary)
    {
        File.Copy(manifest, Path.Combine(folder, ModelBundle.ManifestFile));
        var settings = BundleManifest.Read(manifest);
        var backbone = SwinConfig.Read(swin);
        Save("backbone", new SwinTransformer(backbone), name => name);
        File.Copy(swin, Path.Combine(folder, "backbone", "config.json"));
        Save("text", new BertEncoder(BertConfig.Read(bert)), name => "text." + name);
        File.Copy(bert, Path.Combine(folder, "text", "config.json"));
        File.WriteAllLines(Path.Combine(folder, "text", "vocab.txt"), vocabulary);
        File.WriteAllText(Path.Combine(folder, "text", "tokenizer_config.json"), """{ "do_lower_case": false }""");
        Save("gate", new Gate(settings.EmbeddingDim, backbone.FeatureDim, settings.Experts.Count), name => "gate." + name);
        foreach (var expert in settings.Experts)
        {
            Save($"experts/{expert.Name}", new ModalityExpert(ExpertShape.Of(settings, backbone)), name => $"expert.{expert.Name}." + (
                settings.Architecture == Architecture.Paper ? name : name.Replace("proj.", "proj_convs.").Replace("scale_attention.", "attn_proj.")));
        }

        void Save(string part, nn.Module network, Func<string, string> hashed)
        {
            Directory.CreateDirectory(Path.Combine(folder, part));
            Formula.Fill(network, hashed);
            StateDict.Save(network, Path.Combine(folder, part, "model.safetensors"));
            network.Dispose();
        }
    }
}
