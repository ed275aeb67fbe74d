using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Bundle.Gating;
using MedMoE.Mesh.Bundle.Safetensors;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Weights;
using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Model.Bundles;

/// <summary>
/// A part that could be read: its folder, tensors, trainable parameters, multiply-adds for one image or one text of maximum length (0 if negligible),
/// and the SHA-256 of what its service reads.
/// </summary>
public sealed record PartReport(string Name, int Tensors, long Parameters, long MultiplyAdds, string Digest);

/// <summary>Backbone and experts together.</summary>
public sealed record ImageSide(long Parameters, long BackboneWork, long ExpertWork);

/// <summary>Inspects a bundle: reads each part as its service would, and collects all faults.</summary>
public sealed class BundleInspection
{
    private readonly List<BundleFault> _faults = [];
    private readonly List<PartReport> _parts = [];

    /// <summary>Null if the manifest cannot be read.</summary>
    public BundleManifest? Manifest { get; private set; }

    public IReadOnlyList<BundleFault> Faults => _faults;

    public IReadOnlyList<PartReport> Parts => _parts;

    /// <summary>Null if the backbone or an expert cannot be read.</summary>
    public ImageSide? ImageSide { get; private set; }

    public static BundleInspection Of(string folder)
    {
        var inspection = new BundleInspection();
        inspection.Collect(() => inspection.Inspect(ModelBundle.Open(folder)));
        return inspection;
    }

    private void Inspect(ModelBundle bundle)
    {
        Manifest = bundle.Manifest;
        var words = bundle.Manifest.Text.MaxTokens - 2;
        SwinConfig? swin = null;
        Collect(() =>
        {
            using var network = BundleNetworks.LoadSwin(bundle);
            swin = network.Config;
            Report(bundle, BundlePart.Backbone, network, swin.MultiplyAdds());
        });
        Collect(() =>
        {
            // Separately, so that faults of both the weights and the vocabulary are reported.
            var config = BertConfig.Read(bundle.PathOf(BundlePart.Text, "config.json"));
            Collect(() => BertTokenizer.Read(bundle.FolderOf(BundlePart.Text), config.VocabularySize));
            using var network = BundleNetworks.LoadBert(bundle);
            Report(bundle, BundlePart.Text, network, network.Config.MultiplyAdds(bundle.Manifest.Text.MaxTokens));
        });
        // Without a backbone, the gate is checked against its own file only.
        var featureDim = swin?.FeatureDim ?? 0;
        Collect(() => featureDim = featureDim > 0 ? featureDim : GateScorer.Load(bundle, "image").InputSize);
        if (featureDim > 0)
        {
            Collect(() =>
            {
                using var network = BundleNetworks.LoadGate(bundle, featureDim);
                Report(bundle, BundlePart.Gate, network, 0);
            });
        }
        foreach (var entry in bundle.Manifest.Experts)
        {
            Collect(() =>
            {
                using var network = BundleNetworks.LoadExpert(bundle, entry.Name);
                if (swin is not null)
                {
                    BundleNetworks.RequireSameLevels(bundle, entry.Name, network.Shape, swin);
                }
                var work = swin is null ? 0 : network.Shape.MultiplyAdds(PyramidBackbone.LevelSides(swin), words);
                Report(bundle, BundlePart.Expert(entry.Name), network, work);
            });
        }
        var experts = Path.Combine(bundle.Root, "experts");
        string[] folders = Directory.Exists(experts) ? Directory.GetDirectories(experts) : [];
        foreach (var stray in folders.Order(StringComparer.Ordinal))
        {
            if (bundle.Manifest.IndexOf(Path.GetFileName(stray)) < 0)
            {
                _faults.Add(new BundleFault(stray, $"no expert of this name in {ModelBundle.ManifestFile}"));
            }
        }
        if (swin is not null && _parts.Count(p => p.Name.StartsWith("experts/", StringComparison.Ordinal)) == bundle.Manifest.Experts.Count)
        {
            ImageSide = new ImageSide(
                _parts.Where(p => p.Name == BundlePart.Backbone.Folder || p.Name.StartsWith("experts/", StringComparison.Ordinal))
                    .Sum(p => p.Parameters),
                swin.MultiplyAdds(), _parts[^1].MultiplyAdds);
        }
        foreach (var part in bundle.Manifest.PartsOfCapabilities)
        {
            Collect(() => ReportFiles(bundle, part));
        }
    }

    private void Report(ModelBundle bundle, BundlePart part, nn.Module network, long multiplyAdds)
    {
        using var file = SafetensorsFile.Open(bundle.PathOf(part, "model.safetensors"));
        _parts.Add(new PartReport(part.Folder, file.Tensors.Count, network.parameters().Sum(p => p.numel()), multiplyAdds, bundle.Digest(part)));
    }

    /// <summary>An optional part: its files must exist, and its tensors must be readable. Its network is known to its owner alone.</summary>
    private void ReportFiles(ModelBundle bundle, BundlePart part)
    {
        var (tensors, parameters) = (0, 0L);
        foreach (var path in part.Files.Select(file => bundle.PathOf(part, file)))
        {
            if (!File.Exists(path))
            {
                _faults.Add(new BundleFault(path, $"named by part {part} in {ModelBundle.ManifestFile}, but there is no such file"));
            }
            else if (Path.GetExtension(path) == ".safetensors")
            {
                using var file = SafetensorsFile.Open(path);
                tensors += file.Tensors.Count;
                parameters += file.Tensors.Values.Sum(tensor => tensor.Shape.Aggregate(1L, (product, side) => product * side));
            }
        }
        _parts.Add(new PartReport(part.Folder, tensors, parameters, 0, bundle.Digest(part)));
    }

    private void Collect(Action inspect)
    {
        try
        {
            inspect();
        }
        catch (BundleException e)
        {
            _faults.AddRange(e.Faults);
        }
    }
}
