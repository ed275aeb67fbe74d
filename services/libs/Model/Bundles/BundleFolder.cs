using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Gating;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Weights;

namespace MedMoE.Mesh.Model.Bundles;

/// <summary>Creates the folder of a bundle and checks it before it is moved to its place.</summary>
public static class BundleFolder
{
    /// <exception cref="BundleException">The path exists and is not an empty folder.</exception>
    public static void RequireFree(string target, string remedy = "")
    {
        if (File.Exists(target))
        {
            throw new BundleException(target, "is a file, not a folder");
        }
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
        {
            throw new BundleException(target, $"exists and is not empty{remedy}");
        }
    }

    /// <summary>The name of a model by default: its folder's.</summary>
    public static string NameOf(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));

    /// <summary>Creates a bundle: <paramref name="fill"/> writes all files into a new folder, which then replaces an existing bundle.</summary>
    /// <exception cref="BundleException">What was written has faults; nothing has changed.</exception>
    /// <exception cref="IOException">The disk is full or not writable; nothing has changed.</exception>
    public static void Make(string target, Action<string> fill) => WholeFolder.Make(target, folder =>
    {
        fill(folder);
        // The options may contradict each other, for example more tokens than the encoder has positions.
        RequireNone(folder, BundleInspection.Of(folder).Faults);
    });

    /// <summary>Saves a network as a part and disposes of it.</summary>
    public static void Save(nn.Module network, string folder, BundlePart part, ScalarType floatType = ScalarType.Float32)
    {
        using (network)
        {
            Directory.CreateDirectory(Path.Combine(folder, part.Folder));
            StateDict.Save(network, Path.Combine(folder, part.Folder, "model.safetensors"), floatType);
        }
    }

    /// <summary>Saves gate and experts with fresh weights.</summary>
    public static void SaveFreshHeads(string folder, BundleManifest manifest, SwinConfig backbone, int seed)
    {
        random.manual_seed(seed);
        Save(new Gate(manifest.EmbeddingDim, backbone.FeatureDim, manifest.Experts.Count), folder, BundlePart.Gate);
        foreach (var expert in manifest.Experts)
        {
            var network = new ModalityExpert(ExpertShape.Of(manifest, backbone));
            FreshWeights.Fill(network, manifest);
            Save(network, folder, BundlePart.Expert(expert.Name));
        }
    }

    public static IReadOnlyList<BundleFault> Faults(Action open)
    {
        try
        {
            open();
            return [];
        }
        catch (BundleException e)
        {
            return e.Faults;
        }
    }

    /// <summary>Throws if there are faults. Their paths are relative, because the unfinished folder is deleted.</summary>
    public static void RequireNone(string folder, IReadOnlyList<BundleFault> faults)
    {
        if (faults.Count > 0)
        {
            throw new BundleException([.. faults.Select(f => f with { File = Path.GetRelativePath(folder, f.File) })]);
        }
    }
}
