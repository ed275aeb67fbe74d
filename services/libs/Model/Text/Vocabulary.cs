using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Model.Text;

/// <summary>A WordPiece vocabulary: <c>vocab.txt</c>, one piece a line, its number the line's.</summary>
public sealed class Vocabulary
{
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    private Vocabulary(string path, Dictionary<string, int> ids)
    {
        _ids = ids;
        _lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        int Special(string piece) => ids.TryGetValue(piece, out var id) ? id : throw new BundleException(path, $"{piece} is missing");
        Padding = Special("[PAD]");
        Unknown = Special("[UNK]");
        Start = Special("[CLS]");
        Separator = Special("[SEP]");
        Mask = Special("[MASK]");
    }

    public int Count => _ids.Count;

    public int Padding { get; }

    public int Unknown { get; }

    public int Start { get; }

    public int Separator { get; }

    public int Mask { get; }

    /// <exception cref="BundleException">Missing, with a piece twice, without a special piece, or of another size than expected.</exception>
    /// <param name="path">The file.</param>
    /// <param name="expected">Pieces there must be, the <c>vocab_size</c> of the encoder's configuration.</param>
    public static Vocabulary Read(string path, int expected)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BundleException(path, "no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BundleException(path, e.Message);
        }
        if (lines.Length != expected)
        {
            throw new BundleException(path, $"{lines.Length} wordpieces, but vocab_size in config.json is {expected}");
        }
        var ids = new Dictionary<string, int>(lines.Length, StringComparer.Ordinal);
        foreach (var line in lines)
        {
            if (!ids.TryAdd(line, ids.Count))
            {
                throw new BundleException(path, $"wordpiece \"{line}\" stands on lines {ids[line] + 1} and {ids.Count + 1}");
            }
        }
        return new Vocabulary(path, ids);
    }

    internal bool TryGet(ReadOnlySpan<char> piece, out int id) => _lookup.TryGetValue(piece, out id);
}
