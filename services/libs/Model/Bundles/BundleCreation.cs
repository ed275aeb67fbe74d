using System.Text.Json;
using System.Text.Json.Nodes;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Weights;

namespace MedMoE.Mesh.Model.Bundles;

/// <summary>
/// A bundle to create: the config.json of a Swin Transformer and of a BERT encoder, whose vocab_size is replaced by that of the vocabulary (word
/// pieces with the special ones), and the manifest for an embedding size; its image size is set to Swin's.
/// </summary>
public sealed record CreationRequest(
    string Swin, string Bert, IReadOnlyList<string> Vocabulary, string Out, Func<int, BundleManifest> Manifest, int Seed);

/// <summary>Creates a bundle with fresh weights, of any size, for training from scratch.</summary>
public static class BundleCreation
{
    /// <exception cref="BundleException">A configuration is missing or invalid; nothing was created.</exception>
    public static void Run(CreationRequest request)
    {
        BundleFolder.RequireFree(request.Out);
        var swin = SwinConfig.Read(request.Swin);
        RequireMemory(request.Swin, swin.Parameters);
        var bertConfig = BertConfig.Read(request.Bert) with { VocabularySize = request.Vocabulary.Count };
        RequireMemory(request.Bert, bertConfig.Parameters);
        RequireText(request.Bert, bertConfig, request.Manifest(bertConfig.HiddenSize).Text);
        BundleFolder.Make(request.Out, folder =>
        {
            var text = Directory.CreateDirectory(Path.Combine(folder, BundlePart.Text.Folder)).FullName;
            var backbone = Directory.CreateDirectory(Path.Combine(folder, BundlePart.Backbone.Folder)).FullName;
            File.Copy(request.Swin, Path.Combine(backbone, "config.json"));
            File.WriteAllLines(Path.Combine(text, "vocab.txt"), request.Vocabulary);
            File.WriteAllText(Path.Combine(text, "tokenizer_config.json"), """{"do_lower_case": true, "tokenizer_class": "BertTokenizer"}""" + "\n");
            var config = JsonNode.Parse(File.ReadAllText(request.Bert))!;
            config["vocab_size"] = request.Vocabulary.Count;
            File.WriteAllText(Path.Combine(text, "config.json"), config.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");

            var bert = BertConfig.Read(Path.Combine(text, "config.json"));
            var manifest = request.Manifest(bert.HiddenSize);
            manifest = manifest with { Image = manifest.Image with { Size = swin.ImageSize } };
            manifest.Write(Path.Combine(folder, ModelBundle.ManifestFile));
            BundleFolder.RequireNone(folder, BundleFolder.Faults(() => ModelBundle.Open(folder)));
            var fresh = new FreshWeights(request.Seed);
            var trunk = new SwinTransformer(swin);
            fresh.Fill(trunk);
            BundleFolder.Save(trunk, folder, BundlePart.Backbone);
            var encoder = new BertEncoder(bert);
            fresh.Fill(encoder);
            BundleFolder.Save(encoder, folder, BundlePart.Text);
            BundleFolder.SaveFreshHeads(folder, manifest, swin, request.Seed);
        });
    }

    /// <exception cref="BundleException">The BERT encoder of this config.json has too few layers or positions for the settings.</exception>
    public static void RequireText(string config, BertConfig bert, TextSettings text)
    {
        if (bert.Layers < text.LastLayers)
        {
            throw new BundleException(config, $"num_hidden_layers is {bert.Layers}; MedMoE sums the last {text.LastLayers} layers of a word, "
                + $"so it needs {text.LastLayers} or more");
        }
        if (bert.MaxPositions < text.MaxTokens)
        {
            throw new BundleException(config, $"max_position_embeddings is {bert.MaxPositions}, fewer than the {text.MaxTokens} of --max-tokens");
        }
    }

    private static void RequireMemory(string config, long parameters)
    {
        var available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (parameters > available / sizeof(float))
        {
            throw new BundleException(config, $"describes a network of {parameters} parameters, more than fit into {available} bytes of memory");
        }
    }
}
