using System.Text.RegularExpressions;

namespace MedMoE.Mesh.Text;

/// <summary>
/// Sections of a report by their headings: "FINDINGS: …". A report often begins with a letterhead, and a text encoder reads a few dozen tokens.
/// </summary>
public sealed partial class ReportSections
{
    private readonly SortedSet<string> _names;

    private ReportSections(IEnumerable<string> names) => _names = new SortedSet<string>(names, StringComparer.OrdinalIgnoreCase);

    /// <summary>Names of sections, comma-separated: "findings,impression".</summary>
    /// <exception cref="FormatException">One of them is no heading that is known.</exception>
    public static ReportSections Parse(string names)
    {
        string[] each = names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return each.FirstOrDefault(name => !Whole().IsMatch(name)) is { } unknown
            ? throw new FormatException($"\"{unknown}\" is no known heading; findings, impression, indication, history, technique, comparison are")
            : each.Length == 0 ? throw new FormatException("no section is named") : new ReportSections(each);
    }

    /// <summary>Their names, the same for the same sections. <see cref="Parse"/> reads them.</summary>
    public override string ToString() => string.Join(", ", _names).ToLowerInvariant();

    /// <summary>
    /// The report with spaces in the place of all but these sections, so that a word stands where it stood. Null where it has none of them.
    /// </summary>
    /// <remarks>A heading is one of those that radiology reports commonly have, with a colon, at the start of a line or in capitals.</remarks>
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
