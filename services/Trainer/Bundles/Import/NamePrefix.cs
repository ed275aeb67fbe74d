using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Trainer.Bundles.Import;

/// <summary>What stands in front of a network's names in files that others saved, such as <c>module.</c> of PyTorch's DataParallel.</summary>
internal static class NamePrefix
{
    /// <summary>Takes off the one prefix that stands in front of all names; the network's own, as "bert.", stays.</summary>
    /// <param name="file">The file.</param>
    /// <param name="landmark">A tensor that each network of the kind has once.</param>
    /// <param name="own">Prefix of the network under a head.</param>
    /// <exception cref="BundleException">Some names stand behind a prefix and some do not, or there are several networks.</exception>
    public static SelectedTensors Strip(ITensorFile file, string landmark, string own)
    {
        string[] prefixes = Before(file, landmark);
        if (prefixes.Length > 1)
        {
            var all = string.Join(", ", prefixes.Select(p => $"\"{p}\""));
            throw new BundleException(file.Path, $"holds several networks, behind {all}: one is expected");
        }
        // Without the landmark it is another network, or lacks tensors: the faults come out when it is loaded.
        var prefix = prefixes.FirstOrDefault("");
        if (prefix == own || prefix.EndsWith("." + own, StringComparison.Ordinal))
        {
            prefix = prefix[..^own.Length];
        }
        return Behind(file, prefix, $"names alone, behind \"{own}\", or all behind one prefix; what else the file holds, --checkpoint may know");
    }

    /// <summary>What stands in front of a tensor's name, wherever it occurs.</summary>
    public static string[] Before(ITensorFile file, string landmark) =>
    [
        .. file.All.Select(tensor => tensor.Name).Where(name => name == landmark || name.EndsWith("." + landmark, StringComparison.Ordinal))
            .Select(name => name[..^landmark.Length]),
    ];

    /// <summary>All tensors without a prefix that all must have.</summary>
    public static SelectedTensors Behind(ITensorFile file, string prefix, string expected)
    {
        string[] outside = [.. file.All.Select(tensor => tensor.Name).Where(name => !name.StartsWith(prefix, StringComparison.Ordinal))];
        return outside.Length == 0 ? SelectedTensors.Behind(prefix, file) : throw new BundleException(file.Path,
            $"names stand behind \"{prefix}\", but {outside.Length} of {file.All.Count()} do not, such as {outside[0]}; expected are {expected}");
    }
}
