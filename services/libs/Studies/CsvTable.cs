using System.Globalization;
using System.Text;
using System.Text.Unicode;
using CsvHelper;
using CsvHelper.Configuration;

namespace MedMoE.Mesh.Studies;

/// <summary>A row of a CSV file by its columns, or what is wrong with it. The line is its last one: a quoted field may span lines.</summary>
public readonly record struct CsvRow(int Line, IReadOnlyDictionary<string, string>? Fields, string? Fault);

/// <summary>CSV files with a header (RFC 4180). Column names have no case; columns that nobody asks for are ignored.</summary>
public static class CsvTable
{
    /// <summary>Reads the rows lazily. The name is for messages.</summary>
    /// <exception cref="StudyDataException">Not UTF-8, not separated by commas, or a column is missing or duplicated.</exception>
    public static IEnumerable<CsvRow> Read(string name, byte[] content, IReadOnlyList<string> required, params IReadOnlyList<string> optional)
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
            MissingFieldFound = null,
            BadDataFound = _ => broken = true,
        });
        if (!csv.Read() || !csv.ReadHeader())
        {
            yield break;
        }
        string[] columns = [.. csv.HeaderRecord!.Select(column => column.Trim().ToLowerInvariant())];
        RequireColumns(name, columns, required, optional);
        string[] asked = [.. required.Concat(optional).Where(columns.Contains)];
        for (var first = csv.Parser.RawRow + 1; csv.Read(); first = csv.Parser.RawRow + 1)
        {
            // Bad data are found when a field is read.
            broken = false;
            var fields = asked.ToDictionary(column => column, column => csv.GetField(Array.IndexOf(columns, column)) ?? "");
            // An unclosed quote ends after the last line of the file.
            var last = Math.Min(csv.Parser.RawRow, lines);
            var fault = !broken ? FaultOf(csv, columns.Length)
                : UnclosedAt(csv.Parser.RawRecord, first) is { } line ? $"a quote that is opened in line {line} is never closed"
                : $"misplaced quote in the CSV{(first < last ? $", lines {first} to {last}" : "")}";
            yield return new CsvRow(last, fault is null ? fields : null, fault);
        }
    }

    /// <summary>The line of the last quote in a record, if it opens a field that does not end: their number is odd.</summary>
    private static int? UnclosedAt(ReadOnlySpan<char> record, int first) =>
        record.Count('"') % 2 == 0 ? null : first + record[..record.LastIndexOf('"')].Count('\n');

    private static void RequireColumns(string name, string[] columns, IReadOnlyList<string> required, IReadOnlyList<string> optional)
    {
        if (columns is [var only] && required.Count > 1 && only.IndexOfAny([';', '\t']) >= 0)
        {
            var separator = only.Contains(';', StringComparison.Ordinal) ? "semicolons" : "tabs";
            throw new StudyDataException($"{name}: the header is one column, \"{only}\": separate fields with commas, not {separator}");
        }
        if (required.FirstOrDefault(column => !columns.Contains(column)) is { } missing)
        {
            throw new StudyDataException($"{name}: no column \"{missing}\"; required columns: {string.Join(", ", required)}"
                + (optional.Count == 0 ? "" : $"; optional: {string.Join(", ", optional)}"));
        }
        if (required.Concat(optional).FirstOrDefault(column => columns.Count(c => c == column) > 1) is { } twice)
        {
            throw new StudyDataException($"{name}: column \"{twice}\" is duplicated");
        }
    }

    /// <summary>An unquoted comma in a report would cut it. Empty extra fields are allowed, because spreadsheets add them.</summary>
    private static string? FaultOf(CsvReader csv, int columns)
    {
        var fields = csv.Parser.Record!;
        return fields.Skip(columns).All(string.IsNullOrWhiteSpace)
            ? null
            : $"{fields.Length} fields under a header of {columns}: a comma without quotes?";
    }
}
