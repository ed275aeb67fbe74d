using System.Text.RegularExpressions;
using MedMoE.Mesh.Bundle.Checkpoints;
using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Trainer.Bundles.Import;

/// <summary>The tensors that an import reads, under their names in the network's own file.</summary>
internal sealed partial class ImportedWeights : IDisposable
{
    private readonly ITensorFile[] _files;

    private ImportedWeights(ITensorFile[] files) => _files = files;

    public required SelectedTensors Swin { get; init; }

    public required SelectedTensors Bert { get; init; }

    /// <summary>Null if the files have no image gate.</summary>
    public SelectedTensors? ImageGate { get; init; }

    /// <summary>In the order of the gate's outputs; empty if the files have no experts.</summary>
    public IReadOnlyList<SelectedTensors> Experts { get; init; } = [];

    /// <summary>Tensors of the file that are known but not used here.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>From two Hugging Face folders.</summary>
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

    /// <summary>From a checkpoint of several networks.</summary>
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

    /// <summary>For each file, how many tensors were left out, and which. Call it after the networks have been read.</summary>
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

    /// <summary>Groups names that differ only in their numbers.</summary>
    private static string Kinds(IEnumerable<string> names) => string.Join(", ", names.GroupBy(name => Number().Replace(name, ".*."))
        .Select(kind => kind.Count() == 1 ? kind.First() : $"{kind.Key} ({kind.Count()})"));

    [GeneratedRegex(@"\.\d+\.")]
    private static partial Regex Number();
}
