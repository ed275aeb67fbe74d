using System.Globalization;
using System.Text;
using System.Text.Unicode;
using CsvHelper;
using CsvHelper.Configuration;

namespace MedMoE.Mesh.Studies;

/// <summary>The rows of <c>manifest.csv</c> (RFC 4180). Unknown columns are ignored.</summary>
internal static class CsvManifest
{
    private static readonly string[] _required = ["image", "report", "type"];

    /// <summary>Records or faults, each with its last line, because a quoted field may span lines. The name is for messages.</summary>
    /// <exception cref="StudyDataException">Not UTF-8, or a column is missing or duplicated.</exception>
    public static IEnumerable<(int Line, RecordJson? Record, string? Fault)> Read(string name, byte[] content)
    {
        // Spreadsheets often save in the system's encoding. Then every record with a non-ASCII letter would be wrong.
        if (!Utf8.IsValid(content))
        {
            throw new StudyDataException($"{name}: not UTF-8; save it as UTF-8");
        }
        var broken = false;
        var lines = content.AsSpan().TrimEnd((byte)'\n').Count((byte)'\n') + 1;
        using var reader = new StreamReader(new MemoryStream(content), Encoding.UTF8);
        using var csv = new CsvReader(reader, new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            PrepareHeaderForMatch = header => header.Header.Trim().ToLowerInvariant(),
            MissingFieldFound = null,
            BadDataFound = _ => broken = true,
        });
        if (!csv.Read() || !csv.ReadHeader())
        {
            yield break;
        }
        RequireColumns(name, [.. csv.HeaderRecord!.Select(column => column.Trim().ToLowerInvariant())]);
        for (var first = csv.Parser.RawRow + 1; csv.Read(); first = csv.Parser.RawRow + 1)
        {
            broken = false;
            var record = new RecordJson(csv.GetField("key"), csv.GetField("image"), csv.GetField("report"), csv.GetField("type"), null);
            // An unclosed quote ends after the last line of the file.
            var last = Math.Min(csv.Parser.RawRow, lines);
            var fault = broken ? $"misplaced quote in the CSV{(first < last ? $", lines {first} to {last}" : "")}" : FaultOf(csv);
            yield return (last, fault is null ? record : null, fault);
        }
    }

    private static void RequireColumns(string name, string[] columns)
    {
        if (_required.FirstOrDefault(column => !columns.Contains(column)) is { } missing)
        {
            throw new StudyDataException($"{name}: no column \"{missing}\"; required columns: image, report, type; optional: key");
        }
        if (_required.Append("key").FirstOrDefault(column => columns.Count(c => c == column) > 1) is { } twice)
        {
            throw new StudyDataException($"{name}: column \"{twice}\" is duplicated");
        }
    }

    /// <summary>An unquoted comma in a report would cut it. Empty extra fields are allowed, because spreadsheets add them.</summary>
    private static string? FaultOf(CsvReader csv)
    {
        var (fields, columns) = (csv.Parser.Record!, csv.HeaderRecord!.Length);
        return fields.Skip(columns).All(string.IsNullOrWhiteSpace)
            ? null
            : $"{fields.Length} fields under a header of {columns}: a comma without quotes?";
    }
}
