using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Reference;

/// <summary>The bundle of medmoe-nano-paper or medmoe-nano-reference, written with weights by formula.</summary>
public sealed class GoldenBundle : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public GoldenBundle(Architecture architecture)
    {
        Name = $"medmoe-nano-{architecture.ToString().ToLowerInvariant()}";
        FormulaBundle.Write(
            Root, Golden.PathOf(Name, "medmoe.json"), Golden.PathOf("swin-nano", "config.json"), Golden.PathOf("bert-nano", "config.json"),
            File.ReadLines(Golden.PathOf("bert-nano", "vocab.txt")));
    }

    /// <summary>Its folder below tests/golden.</summary>
    public string Name { get; }

    public string Root => _folder.Path;

    public ModelBundle Open() => ModelBundle.Open(Root);

    public void Dispose() => _folder.Dispose();
}
