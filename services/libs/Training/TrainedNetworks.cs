using System.Globalization;
using System.Security.Cryptography;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Bundles;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Gating;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Weights;
using MedMoE.Mesh.Text;
using TorchSharp;

namespace MedMoE.Mesh.Training;

/// <summary>All networks of a bundle, to be trained together.</summary>
public sealed class TrainedNetworks : IDisposable
{
    private readonly ModelBundle _source;

    /// <exception cref="BundleException">A part is invalid; all of its faults are listed.</exception>
    public TrainedNetworks(ModelBundle source, BundleManifest manifest, Device device)
    {
        _source = source;
        Manifest = manifest;
        Device = device;
        var swin = BundleNetworks.LoadSwin(source);
        Backbone = new PyramidBackbone(swin, manifest.Architecture);
        var bert = BundleNetworks.LoadBert(source);
        Text = new TextEmbedder(BertTokenizer.Read(source.FolderOf(BundlePart.Text), bert.Config.VocabularySize), bert, manifest.Text);
        Gate = BundleNetworks.LoadGate(source, swin.Config.FeatureDim);
        Experts = [.. manifest.Experts.Select(entry =>
        {
            var expert = BundleNetworks.LoadExpert(source, entry.Name);
            BundleNetworks.RequireSameLevels(source, entry.Name, expert.Shape, swin.Config);
            return expert;
        })];
        foreach (var (_, network) in Parts)
        {
            network.to(device);
        }
    }

    /// <summary>The source's manifest with the changes by training.</summary>
    public BundleManifest Manifest { get; }

    public Device Device { get; }

    public PyramidBackbone Backbone { get; }

    public TextEmbedder Text { get; }

    public Gate Gate { get; }

    /// <summary>In the gate's order.</summary>
    public IReadOnlyList<ModalityExpert> Experts { get; }

    public IEnumerable<(BundlePart Part, nn.Module Network)> Parts =>
    [
        (BundlePart.Backbone, Backbone.Network),
        (BundlePart.Text, Text.Network),
        (BundlePart.Gate, Gate),
        .. Manifest.Experts.Zip(Experts, (entry, expert) => (BundlePart.Expert(entry.Name), (nn.Module)expert)),
    ];

    /// <summary>Parts of the source that are copied unchanged: those of capabilities that train by themselves.</summary>
    public IEnumerable<BundlePart> Untrained => Manifest.PartsOfCapabilities;

    /// <summary><see cref="ModelBundle.Digest"/> of the bundle that training starts from.</summary>
    public string SourceDigest() => _source.Digest([.. Parts.Select(part => part.Part), .. Untrained]);

    /// <summary>All parameters and buffers, as FOLDER/NAME.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> State =>
        Parts.SelectMany(part => part.Network.state_dict().Select(entry => ($"{part.Part.Folder}/{entry.Key}", entry.Value)));

    /// <summary>The parameters that are trained.</summary>
    public IEnumerable<(string Name, Tensor Parameter)> Learning(IReadOnlyList<string> frozen) =>
        Parts.Where(part => !frozen.Contains(part.Part.Kind)).SelectMany(part =>
            part.Network.named_parameters().Select(p => ($"{part.Part.Folder}/{p.name}", (Tensor)p.parameter)));

    /// <summary>Sets which parameters need gradients, and batch normalisation to training or inference.</summary>
    public void Train(bool training, IReadOnlyList<string> frozen)
    {
        foreach (var (part, network) in Parts)
        {
            var learns = !frozen.Contains(part.Kind);
            network.train(training && learns);
            foreach (var parameter in network.parameters())
            {
                parameter.requires_grad = learns;
            }
        }
    }

    /// <summary>
    /// Saves a bundle; an existing one is replaced once the new one is complete. If the manifest has no version, it is made of the step and of the
    /// weights' digest, so that each run and each step of it has another one.
    /// </summary>
    /// <exception cref="IOException">The disk is full or not writable; nothing has changed.</exception>
    public void Save(string folder, ScalarType storage, int step) => BundleFolder.Make(folder, unfinished =>
    {
        foreach (var (part, network) in Parts)
        {
            Directory.CreateDirectory(Path.Combine(unfinished, part.Folder));
            Copy(_source.FilesOf(part).Where(file => !file.EndsWith(".safetensors", StringComparison.Ordinal)), unfinished);
            StateDict.Save(network, Path.Combine(unfinished, part.Folder, "model.safetensors"), storage);
        }
        foreach (var part in Untrained)
        {
            Directory.CreateDirectory(Path.Combine(unfinished, part.Folder));
            Copy(_source.FilesOf(part), unfinished);
        }
        var version = Manifest.Version.Length > 0 ? Manifest.Version
            : string.Create(CultureInfo.InvariantCulture, $"step-{step}-{Digest(unfinished)[..8]}");
        (Manifest with { Version = version }).Write(Path.Combine(unfinished, ModelBundle.ManifestFile));
    });

    /// <summary>SHA-256 of all weights, in hex.</summary>
    private string Digest(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (part, _) in Parts)
        {
            using var file = File.OpenRead(Path.Combine(folder, part.Folder, "model.safetensors"));
            hash.AppendData(SHA256.HashData(file));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private void Copy(IEnumerable<string> files, string folder)
    {
        foreach (var file in files)
        {
            File.Copy(Path.Combine(_source.Root, file), Path.Combine(folder, file));
        }
    }

    public void Dispose()
    {
        foreach (var (_, network) in Parts)
        {
            network.Dispose();
        }
    }
}
