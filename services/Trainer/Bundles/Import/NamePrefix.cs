using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Trainer.Bundles.Import;

/// <summary>The prefix of a network's tensor names in other projects' files, such as <c>module.</c> of PyTorch's DataParallel.</summary>
internal static class NamePrefix
{
    /// <summary>Removes the prefix that all names share; the network's own one, such as "bert.", stays.</summary>
    /// <param name="file">File with one network.</param>
    /// <param name="landmark">Name of a tensor that each network of the kind has exactly once.</param>
    /// <param name="own">The network's own prefix, used when it has a head.</param>
    /// <exception cref="BundleException">Only some names have the prefix, or the file has several networks.</exception>
    public static SelectedTensors Strip(ITensorFile file, string landmark, string own)
    {
        string[] prefixes = Before(file, landmark);
        if (prefixes.Length > 1)
        {
            var all = string.Join(", ", prefixes.Select(p => $"\"{p}\""));
            throw new BundleException(file.Path, $"holds several networks, with prefixes {all}; expected one");
        }
        // Without the landmark it is another network or lacks tensors: loading it reports what is wrong.
        var prefix = prefixes.FirstOrDefault("");
        if (prefix == own || prefix.EndsWith("." + own, StringComparison.Ordinal))
        {
            prefix = prefix[..^own.Length];
        }
        return Behind(file, prefix, $"names without a prefix, with \"{own}\", or all with one other prefix; for several networks try --checkpoint");
    }

    /// <summary>The prefixes of a tensor's name, one for each occurrence.</summary>
    public static string[] Before(ITensorFile file, string landmark) =>
    [
        .. file.All.Select(tensor => tensor.Name).Where(name => name == landmark || name.EndsWith("." + landmark, StringComparison.Ordinal))
            .Select(name => name[..^landmark.Length]),
    ];

    /// <summary>All tensors with a common prefix removed.</summary>
    public static SelectedTensors Behind(ITensorFile file, string prefix, string expected)
    {
        string[] outside = [.. file.All.Select(tensor => tensor.Name).Where(name => !name.StartsWith(prefix, StringComparison.Ordinal))];
        return outside.Length == 0 ? SelectedTensors.Behind(prefix, file) : throw new BundleException(file.Path,
            $"names have the prefix \"{prefix}\", but {outside.Length} of {file.All.Count()} do not, such as {outside[0]}; expected {expected}");
    }
}
