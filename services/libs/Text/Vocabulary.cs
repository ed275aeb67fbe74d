using System.Text;
using System.Text.Unicode;

namespace MedMoE.Mesh.Text;

/// <summary>A WordPiece vocabulary: <c>vocab.txt</c> with one piece per line, numbered by line, and the added tokens.</summary>
public sealed class Vocabulary
{
    private readonly string _path;
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    private Vocabulary(string path, Dictionary<string, int> ids, TokenizerSettings settings)
    {
        (_path, _ids) = (path, ids);
        _lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        // Longest first, so that the longest match is found.
        Added = [.. Number(settings.Added).OrderByDescending(t => t.Text.Length)];
        int Special(string name) => Added.FirstOrDefault(t => t.Text == name) is { Text: not null } token ? token.Id : throw Missing(name);
        Padding = Special(settings.Special.Padding);
        Unknown = Special(settings.Special.Unknown);
        Start = Special(settings.Special.Start);
        Separator = Special(settings.Special.Separator);
        Mask = Special(settings.Special.Mask);
    }

    public int Count => _ids.Count;

    public int Padding { get; }

    public int Unknown { get; }

    public int Start { get; }

    public int Separator { get; }

    public int Mask { get; }

    internal IReadOnlyList<(string Text, int Id)> Added { get; }

    /// <summary>A vocabulary with BERT's own special tokens. The embedding has <paramref name="rows"/> rows (<c>vocab_size</c>).</summary>
    /// <exception cref="BundleException">Missing, not UTF-8, too large, with duplicate pieces, or without a special token.</exception>
    public static Vocabulary Read(string path, int rows) => Read(path, rows, new TokenizerSettings());

    internal static Vocabulary Read(string path, int rows, TokenizerSettings settings)
    {
        var lines = Lines(path);
        if (lines.Count > rows)
        {
            throw new BundleException(path, $"{lines.Count} wordpieces, but vocab_size in config.json is {rows}");
        }
        var ids = new Dictionary<string, int>(lines.Count, StringComparer.Ordinal);
        foreach (var line in lines)
        {
            if (!ids.TryAdd(line, ids.Count))
            {
                throw new BundleException(path, $"wordpiece \"{line}\" is on lines {ids[line] + 1} and {ids.Count + 1}");
            }
        }
        var vocabulary = new Vocabulary(path, ids, settings);
        if (vocabulary.Added.FirstOrDefault(t => t.Id >= rows) is { Text: not null } beyond)
        {
            throw new BundleException(
                path, $"{beyond.Id + 1} tokens with the added token \"{beyond.Text}\", but vocab_size in config.json is {rows}");
        }
        return vocabulary;
    }

    internal bool TryGet(ReadOnlySpan<char> piece, out int id) => _lookup.TryGetValue(piece, out id);

    /// <summary>Whether pieces other than special tokens, added tokens and those like [unused1] have capitals.</summary>
    internal bool HasCapitals()
    {
        var added = Added.Select(t => t.Text).ToHashSet();
        return _ids.Keys.Any(piece => piece.Any(char.IsUpper) && !piece.StartsWith('[') && !added.Contains(piece));
    }

    /// <summary>All lines except empty ones at the end, which editors add.</summary>
    private static List<string> Lines(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BundleException(path, TokenizerJson.Hint(Path.GetDirectoryName(path)!) is { } hint ? $"no such file; {hint}" : "no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BundleException(path, e.Message);
        }
        if (GitLfs.IsPointer(bytes))
        {
            throw new BundleException(path, GitLfs.Fault);
        }
        if (!Utf8.IsValid(bytes))
        {
            var number = 1;
            foreach (var line in bytes.AsSpan().Split((byte)'\n'))
            {
                if (!Utf8.IsValid(bytes.AsSpan(line)))
                {
                    throw new BundleException(path, $"not UTF-8: line {number}");
                }
                number++;
            }
        }
        // StreamReader skips a byte order mark, which is not part of the first piece.
        using var reader = new StreamReader(new MemoryStream(bytes), Encoding.UTF8);
        var lines = new List<string>();
        while (reader.ReadLine() is { } line)
        {
            lines.Add(line);
        }
        lines.RemoveRange(lines.FindLastIndex(line => line.Length > 0) + 1, lines.Count - lines.FindLastIndex(line => line.Length > 0) - 1);
        return lines;
    }

    /// <summary>Tokens that are not pieces get numbers after the last piece, as in Hugging Face.</summary>
    private IEnumerable<(string Text, int Id)> Number(IReadOnlyList<AddedToken> tokens)
    {
        var next = _ids.Count;
        foreach (var token in tokens)
        {
            if (!_ids.TryGetValue(token.Content, out var id))
            {
                // A special token without a number must be in the vocabulary.
                id = token.Id is null ? throw Missing(token.Content) : next++;
            }
            if (token.Id is { } given && given != id)
            {
                throw new BundleException(_path, $"the added token \"{token.Content}\" has number {given}, but would get {id} here");
            }
            yield return (token.Content, id);
        }
    }

    private BundleException Missing(string token) => new(_path, $"{token} is missing");
}
