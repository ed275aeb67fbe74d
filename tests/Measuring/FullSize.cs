using MedMoE.Mesh.Reference;

namespace MedMoE.Mesh.Measuring;

/// <summary>
/// A bundle of the paper's size (Swin-T, BERT-base, D = 768, bottleneck 256, four experts) whose weights are a function of their names.
/// </summary>
public static class FullSize
{
    /// <summary>Wordpieces of Bio_ClinicalBERT.</summary>
    public const int Vocabulary = 28996;

    /// <summary>Tokens of a report.</summary>
    public const int Tokens = 25;

    /// <summary>Words of a report.</summary>
    public const int Words = 20;

    /// <summary>Makes it, some 600 MB.</summary>
    /// <param name="folder">Folder to make.</param>
    public static void Write(string folder)
    {
        var files = Path.Combine(AppContext.BaseDirectory, "full-size");
        string[] pieces = File.ReadAllLines(Golden.PathOf("bert-nano", "vocab.txt"));
        var vocabulary = pieces.Concat(Enumerable.Range(pieces.Length, Vocabulary - pieces.Length).Select(i => $"[unused{i}]"));
        FormulaBundle.Write(
            Directory.CreateDirectory(folder).FullName, Path.Combine(files, "medmoe.json"), Golden.PathOf("swin-tiny", "config.json"),
            Path.Combine(files, "bert.json"), vocabulary);
    }
}
