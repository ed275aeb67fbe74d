using System.Text.RegularExpressions;
using MedMoE.Mesh.Bundle.Checkpoints;
using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Trainer.Bundles.Import;

/// <summary>What an import reads: each network's tensors under the names it has in its own file.</summary>
internal sealed partial class ImportedWeights : IDisposable
{
    private readonly ITensorFile[] _files;

    private ImportedWeights(ITensorFile[] files) => _files = files;

    public required SelectedTensors Swin { get; init; }

    public required SelectedTensors Bert { get; init; }

    /// <summary>The image gate's, where they are there.</summary>
    public SelectedTensors? ImageGate { get; init; }

    /// <summary>The experts', in the order of the gate's outputs; empty where there are none.</summary>
    public IReadOnlyList<SelectedTensors> Experts { get; init; } = [];

    /// <summary>Tensors of the file that belong to none of these, known to be of no use here.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>Two folders as Hugging Face writes them.</summary>
    public static ImportedWeights OfFolders(string swin, string bert)
    {
        var swinFile = WeightsFolder.Open(swin);
        ITensorFile? bertFile = null;
        try
        {
            bertFile = WeightsFolder.Open(bert);
            return new ImportedWeights([swinFile, bertFile])
            {
                Swin = NamePrefix.Strip(swinFile, "embeddings.patch_embeddings.projection.weight", "swin."),
                Bert = NamePrefix.Strip(bertFile, "embeddings.word_embeddings.weight", "bert."),
            };
        }
        catch
        {
            swinFile.Dispose();
            bertFile?.Dispose();
            throw;
        }
    }

    /// <summary>A checkpoint of several networks.</summary>
    public static ImportedWeights OfCheckpoint(string path)
    {
        var file = TensorFile.Open(path);
        try
        {
            var parts = new CheckpointParts(file);
            return new ImportedWeights([file])
            {
                Swin = parts.Swin,
                Bert = parts.Bert,
                ImageGate = parts.ImageGate,
                Experts = parts.Experts,
                LeftOut = parts.LeftOut,
            };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>A line for each file of which tensors were left out: how many, and which. To be asked for when the networks have been read.</summary>
    public IEnumerable<string> Notes() =>
        from part in new[] { (Swin.Path, Names: LeftOut.Concat(Swin.Unread)), (Bert.Path, Names: Bert.Unread) }
        group part.Names by part.Path into file
        let names = file.SelectMany(names => names).ToArray()
        where names.Length > 0
        select $"{file.Key}: {(names.Length == 1 ? "1 tensor" : $"{names.Length} tensors")} left out, which MedMoE does not use: {Kinds(names)}";

    public void Dispose()
    {
        foreach (var file in _files)
        {
            file.Dispose();
        }
    }

    /// <summary>Names that differ in numbers alone are one kind.</summary>
    private static string Kinds(IEnumerable<string> names) => string.Join(", ", names.GroupBy(name => Number().Replace(name, ".*."))
        .Select(kind => kind.Count() == 1 ? kind.First() : $"{kind.Key} ({kind.Count()})"));

    [GeneratedRegex(@"\.\d+\.")]
    private static partial Regex Number();
}
