namespace MedMoE.Mesh.Bundle;

/// <summary>A part of a bundle: a folder that can be read without the others. Two parts are equal if their folders are.</summary>
/// <param name="Folder">Below the bundle's, with '/'.</param>
/// <param name="Files">
/// Names of its files. A part's digest covers those of them that exist. Its owner decides which of them must exist.
/// </param>
public sealed record BundlePart(string Folder, IReadOnlyList<string> Files)
{
    private const string Weights = "model.safetensors";

    public static BundlePart Backbone { get; } = new("backbone", ["config.json", Weights]);

    public static BundlePart Text { get; } = new(
        "text", ["added_tokens.json", "config.json", Weights, "special_tokens_map.json", "tokenizer_config.json", "vocab.txt"]);

    public static BundlePart Gate { get; } = new("gate", [Weights]);

    /// <summary>What it is: its folder's name, or "expert" for each of the experts.</summary>
    public string Kind { get; private init; } = Folder;

    public static BundlePart Expert(string name) => new($"experts/{name}", [Weights]) { Kind = "expert" };

    public bool Equals(BundlePart? other) => other?.Folder == Folder;

    public override int GetHashCode() => Folder.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Folder;
}
