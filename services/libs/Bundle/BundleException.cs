namespace MedMoE.Mesh.Bundle;

/// <summary>One thing that is wrong with a file of a bundle.</summary>
/// <param name="File">Path of the file or folder.</param>
/// <param name="Reason">What is wrong with it, in one line.</param>
public sealed record BundleFault(string File, string Reason)
{
    /// <summary>Characters of a reason at most: it may quote a file.</summary>
    private const int Longest = 1000;

    public override string ToString() => $"{File}: {OneLine(Reason.Length <= Longest ? Reason : Reason[..Longest] + " …")}";

    private static string OneLine(string text) => string.Concat(text.ReplaceLineEndings(" ").Select(c => char.IsControl(c) ? '?' : c));
}

/// <summary>A bundle, or a file of one, that cannot be used. The message is one line: the first fault, and how many follow it.</summary>
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

    /// <summary>Every fault found, at least one.</summary>
    public IReadOnlyList<BundleFault> Faults { get; }
}
