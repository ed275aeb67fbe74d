using System.Globalization;

namespace MedMoE.Mesh.Studies;

/// <summary>
/// The labels a data set may have: the bundle's experts. One that is not among them is no bad record but a data set for another bundle,
/// and training on what is left of it would go wrong in silence.
/// </summary>
/// <param name="names">Names of the experts, in the bundle's order.</param>
internal sealed class ReportTypes(IReadOnlyList<string> names)
{
    /// <summary>A wrongly quoted manifest may have a report where its label should be, and reports are nobody's business.</summary>
    private const int LongestLabelShown = 40;

    /// <summary>The index of a name.</summary>
    /// <param name="name">The label.</param>
    /// <param name="record">Where it stands, for the message.</param>
    /// <exception cref="StudyDataException">The bundle has no such expert.</exception>
    public int Named(string name, string record)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i] == name)
            {
                return i;
            }
        }
        var shown = name.Length > LongestLabelShown ? name[..LongestLabelShown] + "…" : name;
        throw new StudyDataException(
            $"{record}: report type \"{shown.ReplaceLineEndings(" ")}\" is none of the bundle's: {string.Join(", ", names)}");
    }

    /// <summary>The same for a number as text, as <c>.cls</c> members have it.</summary>
    /// <exception cref="BadRecordException">It is no whole number.</exception>
    /// <exception cref="StudyDataException">It is out of range.</exception>
    public int Numbered(string number, string record)
    {
        if (!long.TryParse(number.AsSpan().Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index))
        {
            throw new BadRecordException(".cls is no whole number");
        }
        return index >= 0 && index < names.Count ? (int)index : throw new StudyDataException(
            $"{record}: .cls {index} is not in 0..{names.Count - 1}, the bundle's report types: {string.Join(", ", names)}");
    }
}
