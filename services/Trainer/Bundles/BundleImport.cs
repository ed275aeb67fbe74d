using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Bundles;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Gating;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Weights;
using MedMoE.Mesh.Text;
using MedMoE.Mesh.Trainer.Bundles.Import;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Trainer.Bundles;

/// <summary>Sources and settings of a bundle.</summary>
/// <param name="Swin">Hugging Face folder: config.json, weights, and perhaps preprocessor_config.json.</param>
/// <param name="Bert">Hugging Face folder: config.json, weights, vocab.txt, and the tokenizer's other files.</param>
/// <param name="Checkpoint">File with the weights of both, and perhaps experts; null to use those in the folders.</param>
/// <param name="Experts">Names of the experts; null for those of a checkpoint of the released code.</param>
/// <param name="Out">Folder to make.</param>
/// <param name="Name">Name of the model.</param>
/// <param name="Notice">Notice of the model; null for one that names the fresh parts.</param>
/// <param name="Architecture">Which reading of MedMoE; null for the paper's, or for the one that the checkpoint needs.</param>
/// <param name="Bottleneck">Bottleneck of the experts; null for a third of the embedding, rounded up to eight.</param>
/// <param name="MaxTokens">Tokens of a report.</param>
/// <param name="Seed">Seed of the fresh weights.</param>
internal sealed record ImportRequest(
    string Swin, string Bert, string? Checkpoint, IReadOnlyList<string>? Experts, string Out, string Name, string? Notice,
    Architecture? Architecture, int? Bottleneck, int MaxTokens, int Seed);

internal static class BundleImport
{
    /// <summary>The experts of the released code, in its order.</summary>
    private static readonly string[] _released = ["xray", "ct", "mri", "ultrasound", "pathology", "fundus"];

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

    /// <returns>Notes for the user: what was left out, and where the bundle differs from the files' settings.</returns>
    /// <exception cref="BundleException">A folder or file is missing or invalid; nothing has been written.</exception>
    public static IReadOnlyList<string> Run(ImportRequest request)
    {
        BundleFolder.RequireFree(request.Out);
        RequireFolder(request.Swin);
        RequireFolder(request.Bert);
        var swinConfig = SwinConfig.Read(Path.Combine(request.Swin, "config.json"));
        var bertConfig = BertConfig.Read(Path.Combine(request.Bert, "config.json"));
        var text = new TextSettings(MaxTokens: request.MaxTokens);
        BundleCreation.RequireText(Path.Combine(request.Bert, "config.json"), bertConfig, text);
        var notes = new List<string>();
        var image = PreprocessorConfig.Read(request.Swin, swinConfig.ImageSize, notes);
        using var weights = request.Checkpoint is null
            ? ImportedWeights.OfFolders(request.Swin, request.Bert)
            : ImportedWeights.OfCheckpoint(request.Checkpoint);
        BertTokenizer.Read(request.Bert, bertConfig.VocabularySize);
        var learnt = weights.ImageGate is not null;
        var architecture = ArchitectureOf(request, learnt);
        var manifest = new BundleManifest
        {
            FormatVersion = BundleManifest.FirstFormat,
            Name = request.Name,
            Version = "1",
            Notice = request.Notice ?? (learnt ? "the report gate is fresh, not trained" : "gate and experts are fresh, not trained"),
            Architecture = architecture,
            EmbeddingDim = bertConfig.HiddenSize,
            Expert = architecture != Architecture.Paper ? null
                : request.Bottleneck is { } bottleneck ? new ExpertSettings(bottleneck) : ExpertSettings.For(bertConfig.HiddenSize),
            Experts = [.. ExpertNames(request, weights).Select(Entry)],
            Text = text,
            Image = image,
        };

        BundleFolder.Make(request.Out, folder =>
        {
            manifest.Write(Path.Combine(folder, ModelBundle.ManifestFile));
            BundleFolder.RequireNone(folder, BundleFolder.Faults(() => ModelBundle.Open(folder)));
            BundleFolder.Save(BundleNetworks.LoadSwin(swinConfig, weights.Swin), folder, BundlePart.Backbone);
            BundleFolder.Save(BundleNetworks.LoadBert(bertConfig, weights.Bert), folder, BundlePart.Text);
            SaveHeads(folder, manifest, swinConfig, weights, request.Seed);
            Copy(request.Swin, folder, BundlePart.Backbone, "config.json");
            Copy(request.Bert, folder, BundlePart.Text, "config.json");
            TokenizerImport.Copy(request.Bert, Path.Combine(folder, BundlePart.Text.Folder));
        });
        notes.AddRange(weights.Notes());
        if (learnt)
        {
            notes.Add($"{request.Checkpoint}: it has only an image gate; the report gate starts with fresh weights");
        }
        return notes;
    }

    /// <summary>Names of the hub look like folders.</summary>
    private static void RequireFolder(string path)
    {
        if (!Directory.Exists(path))
        {
            throw new BundleException(path, File.Exists(path) ? "is a file, not a folder"
                : $"no such folder; models of the Hugging Face hub are not fetched, their own tool does it: hf download NAME --local-dir {path}");
        }
    }

    /// <summary>An expert's manifest entry, with the details known for experts of this name.</summary>
    public static ExpertEntry Entry(string name) => _known.TryGetValue(name, out var known)
        ? new ExpertEntry(name, known.ReportType) { DicomModalities = known.Modalities }
        : new ExpertEntry(name, name);

    /// <summary>Experts of a checkpoint need the architecture of the released code.</summary>
    private static Architecture ArchitectureOf(ImportRequest request, bool learnt)
    {
        var architecture = request.Architecture ?? (learnt ? Architecture.Reference : Architecture.Paper);
        return learnt && architecture != Architecture.Reference
            ? throw new BundleException(request.Checkpoint!, "holds experts of the released code, which need architecture reference")
            : request.Bottleneck is not null && architecture != Architecture.Paper
            ? throw new BundleException("--bottleneck", "experts of architecture reference have no bottleneck")
            : architecture;
    }

    private static IReadOnlyList<string> ExpertNames(ImportRequest request, ImportedWeights weights)
    {
        var (names, held) = (request.Experts, weights.Experts.Count);
        if (weights.ImageGate is null)
        {
            return names ?? throw new BundleException(
                "--experts", $"is missing; {request.Checkpoint ?? request.Swin} holds no experts: name the fresh ones, as xray,ct");
        }
        return names is null && held == _released.Length ? _released
            : names?.Count == held ? names
            : throw new BundleException(request.Checkpoint!, $"holds {held} experts{(names is null ? "" : $", --experts names {names.Count}")}: "
                + $"name them in its order with --experts; without it they are {string.Join(", ", _released)}");
    }

    private static void SaveHeads(string folder, BundleManifest manifest, SwinConfig backbone, ImportedWeights weights, int seed)
    {
        if (weights.ImageGate is null)
        {
            BundleFolder.SaveFreshHeads(folder, manifest, backbone, seed);
            return;
        }
        random.manual_seed(seed);
        var gate = new Gate(manifest.EmbeddingDim, backbone.FeatureDim, manifest.Experts.Count);
        BundleNetworks.LoadImageGate(gate, weights.ImageGate);
        BundleFolder.Save(gate, folder, BundlePart.Gate);
        foreach (var (entry, tensors) in manifest.Experts.Zip(weights.Experts))
        {
            BundleFolder.Save(BundleNetworks.LoadExpert(ExpertShape.Of(manifest, backbone), tensors), folder, BundlePart.Expert(entry.Name));
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
