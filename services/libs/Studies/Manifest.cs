using System.Security.Cryptography;
using System.Text;
using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Studies;

/// <summary>
/// A data set as a list of images in JSON lines or CSV, with paths relative to the list. Opening reads the list and checks its types; images are read
/// on demand.
/// </summary>
internal sealed class Manifest : StudySource
{
    private readonly string _folder;
    private readonly ReportTypes _types;
    private readonly List<StudyRecord> _records = [];
    private readonly HashSet<string> _keys = [];

    private Manifest(string path, byte[] content, ReportTypes types)
        : base(path)
    {
        Digest = Convert.ToHexStringLower(SHA256.HashData(content));
        _folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        _types = types;
    }

    public override int? Count => _records.Count;

    public override string Digest { get; }

    /// <exception cref="StudyDataException">Unreadable, without a required column or any record, or with an unknown type.</exception>
    public static Manifest Open(string path, ReportTypes types)
    {
        var content = Content(path);
        var manifest = new Manifest(path, content, types);
        if (Path.GetExtension(path).Equals(".csv", StringComparison.OrdinalIgnoreCase))
        {
            manifest.AddCsv(content);
        }
        else
        {
            manifest.AddLines(content);
        }
        return manifest._records.Count > 0 ? manifest : throw new StudyDataException($"{path}: it has no records");
    }

    public override IEnumerable<StudyRecord> Read(ShuffleOrder? order)
    {
        if (order is null)
        {
            return _records;
        }
        StudyRecord[] shuffled = [.. _records];
        order.NewRandom().Shuffle(shuffled);
        return shuffled;
    }

    /// <exception cref="StudyDataException">It cannot be read.</exception>
    internal static byte[] Content(string path)
    {
        try
        {
            var content = File.ReadAllBytes(path);
            return GitLfs.IsPointer(content) ? throw new StudyDataException($"{path}: {GitLfs.Fault}") : content;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new StudyDataException($"{path}: no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StudyDataException($"{path}: {e.Message}");
        }
    }

    private void AddLines(ReadOnlySpan<byte> content)
    {
        if (content.StartsWith(Encoding.Unicode.Preamble) || content.StartsWith(Encoding.BigEndianUnicode.Preamble))
        {
            throw new StudyDataException($"{Name}: UTF-16, not UTF-8; save it as UTF-8");
        }
        var number = 0;
        foreach (var range in content.Split((byte)'\n'))
        {
            number++;
            var line = content[range];
            // Concatenated files may have a byte order mark on later lines, too.
            if (line.StartsWith(Encoding.UTF8.Preamble))
            {
                line = line[Encoding.UTF8.Preamble.Length..];
            }
            line = line.Trim(" \t\r"u8);
            if (line.IsEmpty)
            {
                continue;
            }
            try
            {
                Add(number, RecordJson.Parse(line));
            }
            catch (BadRecordException e)
            {
                _records.Add(StudyRecord.Bad(Where(number), e.Message));
            }
        }
    }

    private void AddCsv(byte[] content)
    {
        var findings = CsvFindings.Read(_folder);
        foreach (var (line, row, fault) in CsvTable.Read(Name, content, ["image", "report", "type"], "key"))
        {
            if (row is not null)
            {
                var (key, image) = (row.GetValueOrDefault("key"), row["image"]);
                var own = findings?.Take((string.IsNullOrWhiteSpace(key) ? image : key).Trim());
                Add(line, new RecordJson(key, image, row["report"], row["type"], own));
            }
            else
            {
                _records.Add(StudyRecord.Bad(Where(line), fault!));
            }
        }
        _records.AddRange(findings?.LeftOut() ?? []);
    }

    private void Add(int line, RecordJson record)
    {
        var key = Name(record.Key) ?? Name(record.Image) ?? Where(line);
        if (!_keys.Add(key))
        {
            // An image may have several reports.
            key = $"{key}#{line}";
        }
        var fault = Name(record.Image) is null ? "no image"
            : string.IsNullOrWhiteSpace(record.Report) ? "empty report"
            : Name(record.Type) is null ? "no type"
            : null;
        if (Name(record.Type) is not { } type)
        {
            _records.Add(StudyRecord.Bad(key, fault!, Where(line)));
            return;
        }
        var reportType = _types.Named(type, $"{Where(line)}, {key}");
        _records.Add(fault is null
            ? new StudyRecord(key, () => new Study(
                key, ReadFile(record.Image!), record.Report!, reportType, FindingJson.ToFindings(record.Findings, ReadFile)), Where(line))
            : StudyRecord.Bad(key, fault, Where(line)));

        static string? Name(string? field) => string.IsNullOrWhiteSpace(field) ? null : field.Trim();
    }

    private byte[] ReadFile(string path)
    {
        try
        {
            var content = File.ReadAllBytes(Path.Combine(_folder, path));
            return GitLfs.IsPointer(content) ? throw new BadRecordException($"{path}: {GitLfs.Fault}") : content;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new BadRecordException(
                e is FileNotFoundException or DirectoryNotFoundException ? $"{path}: no such file" : $"{path}: cannot be read");
        }
    }

    private string Where(int line) => $"{Path.GetFileName(Name)}:{line}";
}
