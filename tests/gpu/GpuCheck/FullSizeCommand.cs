using System.CommandLine;
using MedMoE.Mesh.Reference;

namespace MedMoE.Mesh.GpuCheck;

/// <summary>Makes a bundle of the paper's size (Swin-T, BERT-base, D = 768, bottleneck 256, four experts), weights by formula: some 600 MB.</summary>
internal sealed class FullSizeCommand : Command
{
    private readonly Option<string> _out = new("--out") { Description = "Folder to make.", Required = true };

    public FullSizeCommand()
        : base("full-size", "Makes a bundle of the paper's size whose weights are a function of their names.")
    {
        Options.Add(_out);
        SetAction(Run);
    }

    private void Run(ParseResult arguments)
    {
        var files = Path.Combine(AppContext.BaseDirectory, "full-size");
        var folder = Directory.CreateDirectory(arguments.GetRequiredValue(_out)).FullName;
        string[] pieces = File.ReadAllLines(Golden.PathOf("bert-nano", "vocab.txt"));
        var vocabulary = pieces.Concat(Enumerable.Range(pieces.Length, FullSize.Vocabulary - pieces.Length).Select(i => $"[unused{i}]"));
        FormulaBundle.Write(
            folder, Path.Combine(files, "medmoe.json"), Golden.PathOf("swin-tiny", "config.json"), Path.Combine(files, "bert.json"), vocabulary);
    }
}
