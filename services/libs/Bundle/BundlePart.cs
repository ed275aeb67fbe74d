namespace MedMoE.Mesh.Bundle;

/// <summary>The parts of a bundle; each service reads the weights of its own alone.</summary>
public enum PartKind
{
    Backbone,
    Text,
    Gate,
    Expert,
}

/// <summary>One part of a bundle.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Folder">Its folder below the bundle's, with '/'.</param>
public sealed record BundlePart(PartKind Kind, string Folder)
{
    public static BundlePart Backbone { get; } = new(PartKind.Backbone, "backbone");

    public static BundlePart Text { get; } = new(PartKind.Text, "text");

    public static BundlePart Gate { get; } = new(PartKind.Gate, "gate");

    public static BundlePart Expert(string name) => new(PartKind.Expert, $"experts/{name}");

    /// <summary>
    /// The files the part consists of, below the bundle's folder; all must be there but those that tell of the tokenizer beside its vocabulary.
    /// </summary>
    internal string[] Files => Kind switch
    {
        PartKind.Backbone => [$"{Folder}/config.json", $"{Folder}/model.safetensors"],
        PartKind.Text =>
        [
            $"{Folder}/added_tokens.json", $"{Folder}/config.json", $"{Folder}/model.safetensors", $"{Folder}/special_tokens_map.json",
            $"{Folder}/tokenizer_config.json", $"{Folder}/vocab.txt",
        ],
        _ => [$"{Folder}/model.safetensors"],
    };

    public override string ToString() => Folder;
}
