namespace MedMoE.Mesh.Bundle;

/// <summary>A fault in a file or folder of a bundle.</summary>
public sealed record BundleFault(string File, string Reason)
{
    /// <summary>Limit in characters, because a reason may quote a file.</summary>
    private const int Longest = 1000;

    public override string ToString() => $"{File}: {OneLine(Reason.Length <= Longest ? Reason : Reason[..Longest] + " …")}";

    private static string OneLine(string text) => string.Concat(text.ReplaceLineEndings(" ").Select(c => char.IsControl(c) ? '?' : c));
}

/// <summary>A bundle, or one of its files, cannot be used. The message is one line: the first fault and the number of further faults.</summary>
public sealed class BundleException : InvalidInputException
{
    public BundleException(string file, string reason)
        : this([new BundleFault(file, reason)])
    {
    }

    public BundleException(IReadOnlyList<BundleFault> faults)
        : base(faults.Count == 1 ? faults[0].ToString() : $"{faults[0]} (and {faults.Count - 1} more)")
    {
        Faults = faults;
    }

    public IReadOnlyList<BundleFault> Faults { get; }
}
