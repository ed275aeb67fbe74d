using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Bundles;
using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Training.Tests;

/// <summary>A bundle of fresh weights that is small enough for thousands of steps: 56 pixels, levels of 14, 7, 4 and 2 a side, D = 16.</summary>
internal sealed class SmallBundle : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SmallBundle()
    {
        File.WriteAllText(_folder["swin.json"], """
            {"model_type": "swin", "image_size": 56, "patch_size": 4, "embed_dim": 8, "depths": [1, 1, 1, 1], "num_heads": [1, 2, 2, 4], "window_size": 7}
            """);
        File.WriteAllText(_folder["bert.json"], """
            {"model_type": "bert", "hidden_size": 16, "num_hidden_layers": 4, "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 32}
            """);
        BundleCreation.Run(new CreationRequest(
            _folder["swin.json"], _folder["bert.json"],
            VocabularyBuilder.Build(["a small mass in the left lung"], 200), Root, dim => new BundleManifest
            {
                FormatVersion = BundleManifest.FirstFormat,
                Name = "small",
                Version = "1",
                Architecture = Architecture.Paper,
                EmbeddingDim = dim,
                Expert = new ExpertSettings(8),
                Experts = [new ExpertEntry("xray", "X-ray"), new ExpertEntry("ct", "CT")],
            },
            Seed: 5));
    }

    public string Root => _folder["small"];

    public ModelBundle Open() => ModelBundle.Open(Root);

    public void Dispose() => _folder.Dispose();
}
