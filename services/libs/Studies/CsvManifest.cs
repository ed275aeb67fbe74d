using System.Globalization;
using System.Text;
using System.Text.Unicode;
using CsvHelper;
using CsvHelper.Configuration;

namespace MedMoE.Mesh.Studies;

/// <summary>The rows of <c>manifest.csv</c> (RFC 4180). Columns it does not know are the data set's own.</summary>
internal static class CsvManifest
{
    private static readonly string[] _required = ["image", "report", "type"];

    /// <param name="name">What the user called it.</param>
    /// <param name="content">The file.</param>
    /// <returns>A record each, or what is wrong with it, with the line where it ends: a field in quotes may go over many.</returns>
    /// <exception cref="StudyDataException">Not UTF-8, or a column is missing or there twice.</exception>
    public static IEnumerable<(int Line, RecordJson? Record, string? Fault)> Read(string name, byte[] content)
    {
        // Spreadsheets like to save in the machine's own encoding, and then it is every record that has one letter wrong.
        if (!Utf8.IsValid(content))
        {
            throw new StudyDataException($"{name}: not UTF-8; save it as that");
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
            // A quote that is never closed ends with the file, behind its last line.
            var last = Math.Min(csv.Parser.RawRow, lines);
            var fault = broken ? $"CSV with a quote where none may be{(first < last ? $", lines {first} to {last}" : "")}" : FaultOf(csv);
            yield return (last, fault is null ? record : null, fault);
        }
    }

    private static void RequireColumns(string name, string[] columns)
    {
        if (_required.FirstOrDefault(column => !columns.Contains(column)) is { } missing)
        {
            throw new StudyDataException($"{name}: no column \"{missing}\"; a manifest has image, report, type and, if it likes, key");
        }
        if (_required.Append("key").FirstOrDefault(column => columns.Count(c => c == column) > 1) is { } twice)
        {
            throw new StudyDataException($"{name}: column \"{twice}\" is there twice");
        }
    }

    /// <summary>A comma in a report without quotes would cut it there. Spreadsheets add empty fields.</summary>
    private static string? FaultOf(CsvReader csv)
    {
        var (fields, columns) = (csv.Parser.Record!, csv.HeaderRecord!.Length);
        return fields.Skip(columns).All(string.IsNullOrWhiteSpace)
            ? null
            : $"{fields.Length} fields under a header of {columns}: a comma without quotes?";
    }
}
