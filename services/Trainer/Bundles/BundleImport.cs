using System.Text.Json;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Text;
using MedMoE.Mesh.Model.Weights;

namespace MedMoE.Mesh.Trainer.Bundles;

/// <summary>What to make a bundle of.</summary>
/// <param name="Swin">Hugging Face folder: config.json, model.safetensors, and preprocessor_config.json where there is one.</param>
/// <param name="Bert">Hugging Face folder: config.json, model.safetensors, vocab.txt, and the files beside it that tell of the tokenizer.</param>
/// <param name="Experts">Names.</param>
/// <param name="Out">Folder to make.</param>
/// <param name="Name">Name of the model.</param>
/// <param name="Architecture">Which reading of MedMoE.</param>
/// <param name="Bottleneck">Bottleneck of the experts; null for a third of the embedding, rounded up to eight.</param>
/// <param name="MaxTokens">Tokens of a report.</param>
/// <param name="Seed">Seed of the fresh weights.</param>
internal sealed record ImportRequest(
    string Swin, string Bert, IReadOnlyList<string> Experts, string Out, string Name, Architecture Architecture, int? Bottleneck, int MaxTokens, int Seed);

internal static class BundleImport
{
    private const string Weights = "model.safetensors";

    /// <summary>Display name and DICOM modality codes (PS3.3, C.7.3.1.1.1) of experts with a common name.</summary>
    private static readonly Dictionary<string, (string ReportType, string[] Modalities)> _known = new()
    {
        ["xray"] = ("X-ray", ["CR", "DX", "RG"]),
        ["mammography"] = ("Mammography", ["MG"]),
        ["ct"] = ("CT", ["CT"]),
        ["mri"] = ("MRI", ["MR"]),
        ["ultrasound"] = ("Ultrasound", ["US"]),
        ["pet"] = ("PET", ["PT"]),
        ["endoscopy"] = ("Endoscopy", ["ES"]),
        ["pathology"] = ("Pathology", ["SM"]),
        ["fundus"] = ("Fundus photography", ["OP"]),
        ["oct"] = ("Optical coherence tomography", ["OPT"]),
    };

    /// <exception cref="BundleException">A folder or file is missing or unfit; nothing has been made.</exception>
    public static void Run(ImportRequest request)
    {
        BundleFolder.RequireFree(request.Out);
        var swinConfig = SwinConfig.Read(Path.Combine(request.Swin, "config.json"));
        var bertConfig = BertConfig.Read(Path.Combine(request.Bert, "config.json"));
        RequireWeights(request.Swin);
        RequireWeights(request.Bert);
        BertTokenizer.Read(request.Bert, bertConfig.VocabularySize);
        var manifest = new BundleManifest
        {
            FormatVersion = BundleManifest.SupportedFormat,
            Name = request.Name,
            Version = "1",
            Notice = "gate and experts are fresh, not trained",
            Architecture = request.Architecture,
            EmbeddingDim = bertConfig.HiddenSize,
            Expert = request.Architecture != Architecture.Paper ? null
                : request.Bottleneck is { } bottleneck ? new ExpertSettings(bottleneck) : ExpertSettings.For(bertConfig.HiddenSize),
            Experts = [.. request.Experts.Select(Entry)],
            Text = new TextSettings(MaxTokens: request.MaxTokens),
            Image = ImageSettings(request.Swin, swinConfig.ImageSize),
        };

        BundleFolder.Make(request.Out, folder =>
        {
            manifest.Write(Path.Combine(folder, ModelBundle.ManifestFile));
            BundleFolder.RequireNone(folder, BundleFolder.Faults(() => ModelBundle.Open(folder)));
            BundleFolder.Save(BundleNetworks.LoadSwin(swinConfig, Path.Combine(request.Swin, Weights)), folder, BundlePart.Backbone);
            BundleFolder.Save(BundleNetworks.LoadBert(bertConfig, Path.Combine(request.Bert, Weights)), folder, BundlePart.Text);
            BundleFolder.SaveFreshHeads(folder, manifest, swinConfig, request.Seed);
            Copy(request.Swin, folder, BundlePart.Backbone, "config.json");
            Copy(request.Bert, folder, BundlePart.Text, "config.json");
            TokenizerImport.Copy(request.Bert, Path.Combine(folder, BundlePart.Text.Folder));
        });
    }

    /// <summary>An expert's entry in the manifest, with what is known of experts of this name.</summary>
    public static ExpertEntry Entry(string name) => _known.TryGetValue(name, out var known)
        ? new ExpertEntry(name, known.ReportType) { DicomModalities = known.Modalities }
        : new ExpertEntry(name, name);

    private static void RequireWeights(string folder)
    {
        if (!File.Exists(Path.Combine(folder, Weights)))
        {
            throw new BundleException(Path.Combine(folder, Weights), File.Exists(Path.Combine(folder, "pytorch_model.bin"))
                ? "no such file; pytorch_model.bin is there, which runs code when read: convert it with the safetensors package"
                : "no such file");
        }
    }

    /// <summary>The mean and standard deviation that the Swin was trained with, from its <c>preprocessor_config.json</c>; else ImageNet's.</summary>
    private static ImageSettings ImageSettings(string folder, int size)
    {
        var path = Path.Combine(folder, "preprocessor_config.json");
        if (!File.Exists(path))
        {
            return new ImageSettings { Size = size };
        }
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            IReadOnlyList<float> Triple(string name, IReadOnlyList<float> absent) =>
                json.RootElement.TryGetProperty(name, out var values) ? [.. values.EnumerateArray().Select(v => v.GetSingle())] : absent;
            var imageNet = new ImageSettings();
            return new ImageSettings { Size = size, Mean = Triple("image_mean", imageNet.Mean), Std = Triple("image_std", imageNet.Std) };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new BundleException(path, $"image_mean and image_std cannot be read: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static void Copy(string from, string bundle, BundlePart part, params string[] files)
    {
        foreach (var file in files.Where(f => File.Exists(Path.Combine(from, f))))
        {
            File.Copy(Path.Combine(from, file), Path.Combine(bundle, part.Folder, file));
        }
    }
}
