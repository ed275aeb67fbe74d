using System.Globalization;

namespace MedMoE.Mesh.Studies;

/// <summary>
/// <c>findings.csv</c> beside <c>manifest.csv</c>: a row for each finding, with the key of its study, name, phrase, box in pixels, and where known a
/// mask.
/// </summary>
internal sealed class CsvFindings
{
    public const string FileName = "findings.csv";

    private readonly string _path;
    private readonly Dictionary<string, (int Line, List<FindingJson> Findings)> _byKey = [];

    private CsvFindings(string path) => _path = path;

    /// <summary>Reads the file, or null if there is none.</summary>
    /// <exception cref="StudyDataException">
    /// It is not such a file; a bad row ends the run, because it belongs to no record that could be left out.
    /// </exception>
    public static CsvFindings? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }
        var findings = new CsvFindings(path);
        foreach (var (line, row, fault) in CsvTable.Read(
            path, Manifest.Content(path), ["key", "name", "phrase", "left", "top", "width", "height"], "mask"))
        {
            findings.Add(line, row ?? throw new StudyDataException($"{path}:{line}: {fault}"));
        }
        return findings;
    }

    /// <summary>The findings of a study, which are then taken.</summary>
    public IReadOnlyList<FindingJson> Take(string key) => _byKey.Remove(key, out var found) ? found.Findings : [];

    /// <exception cref="StudyDataException">Findings of a study that is not there.</exception>
    public void RequireAllTaken()
    {
        foreach (var (_, (line, _)) in _byKey.Take(1))
        {
            throw new StudyDataException($"{_path}:{line}: no study has its key");
        }
    }

    private void Add(int line, IReadOnlyDictionary<string, string> row)
    {
        int Pixels(string column) => int.TryParse(row[column], NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value
            : throw new StudyDataException($"{_path}:{line}: {column} is not a whole number of pixels");
        var key = row["key"].Trim();
        if (!_byKey.TryGetValue(key, out var known))
        {
            _byKey[key] = known = (line, []);
        }
        known.Findings.Add(new FindingJson(
            row["name"], row["phrase"], [Pixels("left"), Pixels("top"), Pixels("width"), Pixels("height")],
            row.GetValueOrDefault("mask") is { Length: > 0 } mask ? mask : null));
    }
}
