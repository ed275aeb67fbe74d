namespace MedMoE.Mesh.Local.Processes;

/// <summary>Lines with columns.</summary>
internal static class TextTable
{
    /// <param name="rows">All with the same number of cells; the first one is the head.</param>
    public static string Format(IReadOnlyList<string[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        return string.Join('\n', rows.Select(row => string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()));
    }
}
