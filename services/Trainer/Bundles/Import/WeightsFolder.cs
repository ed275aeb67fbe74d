using MedMoE.Mesh.Bundle.Checkpoints;
using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Trainer.Bundles.Import;

/// <summary>The weights of a Hugging Face folder, in any format of that library.</summary>
internal static class WeightsFolder
{
    /// <summary>Tried in Hugging Face's own order.</summary>
    private static readonly string[] _files =
        ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];

    /// <exception cref="BundleException">The folder has no weights, or they cannot be read.</exception>
    public static ITensorFile Open(string folder) =>
        _files.Select(file => Path.Combine(folder, file)).FirstOrDefault(File.Exists) is { } path ? TensorFile.Open(path)
        : throw new BundleException(folder, $"no weights: expected one of {string.Join(", ", _files)}{Others(folder)}");

    /// <summary>Files of other formats, for the error.</summary>
    private static string Others(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return "";
        }
        string[] kinds = [".safetensors", ".bin", ".h5", ".msgpack", ".pt", ".pth", ".ckpt", ".onnx"];
        string?[] others =
            [.. Directory.EnumerateFiles(folder).Where(file => kinds.Contains(Path.GetExtension(file))).Select(Path.GetFileName).Order()];
        return others.Length == 0 ? "" : $"; {string.Join(", ", others.Take(3))}{(others.Length > 3 ? " …" : "")} cannot be read";
    }
}
