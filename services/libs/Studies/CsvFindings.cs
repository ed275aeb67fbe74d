using System.Globalization;

namespace MedMoE.Mesh.Studies;

/// <summary>
/// <c>findings.csv</c> beside <c>manifest.csv</c>: a row for each finding, with the key of its study, name, phrase, box in pixels, and where known a
/// mask.
/// </summary>
internal sealed class CsvFindings
{
    public const string FileName = "findings.csv";

    // Where the sizes begin in _box.
    private const int Width = 2;

    private static readonly string[] _box = ["left", "top", "width", "height"];
    private static readonly string[] _texts = ["key", "name", "phrase"];

    private readonly Dictionary<string, (int Line, List<FindingJson> Findings)> _byKey = [];
    private readonly List<StudyRecord> _leftOut = [];

    /// <summary>Reads the file, or null if there is none.</summary>
    /// <exception cref="StudyDataException">It is not such a file.</exception>
    public static CsvFindings? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }
        var findings = new CsvFindings();
        foreach (var (line, row, fault) in CsvTable.Read(
            path, Manifest.Content(path), [.. _texts, .. _box], "mask"))
        {
            if (row is null)
            {
                findings.LeaveOut(line, fault!);
            }
            else
            {
                findings.Add(line, row);
            }
        }
        return findings;
    }

    /// <summary>The findings of a study, which are then taken.</summary>
    public IReadOnlyList<FindingJson> Take(string key) => _byKey.Remove(key, out var found) ? found.Findings : [];

    /// <summary>Bad rows, and, once all studies have taken theirs, the findings of none.</summary>
    public IReadOnlyList<StudyRecord> LeftOut()
    {
        foreach (var (key, (line, _)) in _byKey)
        {
            LeaveOut(line, $"no record of the manifest has its key, {key}");
        }
        return _leftOut;
    }

    private void LeaveOut(int line, string fault) => _leftOut.Add(StudyRecord.Bad($"{FileName}:{line}", fault));

    private void Add(int line, IReadOnlyDictionary<string, string> row)
    {
        int[] box =
        [
            .. _box.Select(column => int.TryParse(row[column], NumberStyles.None, CultureInfo.InvariantCulture, out var pixels) ? pixels : -1),
        ];
        if (Array.FindIndex(box, pixels => pixels < 0) is >= 0 and var bad)
        {
            LeaveOut(line, $"{_box[bad]} is not a whole number of pixels");
            return;
        }
        if (Array.IndexOf(box, 0, Width) is >= 0 and var flat)
        {
            LeaveOut(line, $"{_box[flat]} is 0: a box has at least one pixel");
            return;
        }
        if (_texts.FirstOrDefault(column => string.IsNullOrWhiteSpace(row[column])) is { } empty)
        {
            LeaveOut(line, $"{empty} is empty");
            return;
        }
        var key = row["key"].Trim();
        if (!_byKey.TryGetValue(key, out var known))
        {
            _byKey[key] = known = (line, []);
        }
        known.Findings.Add(new FindingJson(
            row["name"], row["phrase"], box,
            row.GetValueOrDefault("mask") is { Length: > 0 } mask ? mask : null));
    }
}
