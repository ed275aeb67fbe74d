using System.Text.RegularExpressions;

namespace MedMoE.Mesh.Text;

/// <summary>
/// Selects sections of a report by headings such as "FINDINGS: …". Reports often start with a letterhead, and a text encoder reads only a few dozen
/// tokens.
/// </summary>
public sealed partial class ReportSections
{
    private readonly SortedSet<string> _names;

    private ReportSections(IEnumerable<string> names) => _names = new SortedSet<string>(names, StringComparer.OrdinalIgnoreCase);

    /// <summary>Parses comma-separated section names: "findings,impression".</summary>
    /// <exception cref="FormatException">A name is not a known heading.</exception>
    public static ReportSections Parse(string names)
    {
        string[] each = names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return each.FirstOrDefault(name => !Whole().IsMatch(name)) is { } unknown
            ? throw new FormatException($"\"{unknown}\" is not a known heading; expected one such as "
                + "findings, impression, indication, history, technique or comparison")
            : each.Length == 0 ? throw new FormatException("no section given") : new ReportSections(each);
    }

    /// <summary>The names in canonical order, which <see cref="Parse"/> reads.</summary>
    public override string ToString() => string.Join(", ", _names).ToLowerInvariant();

    /// <summary>The report with other sections replaced by spaces, so that words keep their positions. Null if it has none of the sections.</summary>
    /// <remarks>A heading is a name common in radiology reports with a colon, at the start of a line or in capitals.</remarks>
    public string? Pick(string report)
    {
        var text = new char[report.Length];
        Array.Fill(text, ' ');
        var headings = Heading().Matches(report);
        var found = false;
        for (var i = 0; i < headings.Count; i++)
        {
            if (Combined().Split(headings[i].Groups["name"].Value).Any(_names.Contains))
            {
                var (start, end) = (headings[i].Index + headings[i].Length, i + 1 < headings.Count ? headings[i + 1].Index : report.Length);
                report.CopyTo(start, text, start, end - start);
                found = true;
            }
        }
        return found ? new string(text) : null;
    }

    private const string Names = "addendum|clinical (?:history|indication|information)|comparisons?|conclusions?|diagnosis|exam(?:ination)?"
        + "|final report|findings?|history|impressions?|indications?|notification|opinion|procedure|reason for exam(?:ination)?"
        + "|recommendations?|study|summary|technique|wet read";

    private const string Several = $"(?:{Names})(?:(?: and | & | ?/ ?)(?:{Names}))*";

    [GeneratedRegex($@"(?:^[ \t]*(?<name>(?i:{Several}))|(?<!\w)(?<name>(?=[^\p{{Ll}}]+:)(?i:{Several})))[ \t]*:", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex($"^(?:{Names})$", RegexOptions.IgnoreCase)]
    private static partial Regex Whole();

    [GeneratedRegex(" and | & | ?/ ?", RegexOptions.IgnoreCase)]
    private static partial Regex Combined();
}
