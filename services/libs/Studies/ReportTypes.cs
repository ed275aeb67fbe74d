using System.Globalization;

namespace MedMoE.Mesh.Studies;

/// <summary>
/// The labels a data set may have: the names of the bundle's experts, in order. An unknown label ends the run: the data set belongs to another
/// bundle, and training on the rest would silently go wrong.
/// </summary>
internal sealed class ReportTypes(IReadOnlyList<string> names)
{
    /// <summary>Limit of quoted characters: a badly quoted manifest may have a report in place of the label, and reports are private.</summary>
    private const int LongestLabelShown = 40;

    /// <summary>The index of a name; the record is for the message.</summary>
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
            $"{record}: report type \"{shown.ReplaceLineEndings(" ")}\" is not one of the bundle's: {string.Join(", ", names)}");
    }

    /// <summary>The index given as text, as in <c>.cls</c> members.</summary>
    /// <exception cref="BadRecordException">Not an integer.</exception>
    /// <exception cref="StudyDataException">Out of range.</exception>
    public int Numbered(string number, string record)
    {
        if (!long.TryParse(number.AsSpan().Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index))
        {
            throw new BadRecordException(".cls is not an integer");
        }
        return index >= 0 && index < names.Count ? (int)index : throw new StudyDataException(
            $"{record}: .cls {index} is not in 0..{names.Count - 1}, the bundle's report types: {string.Join(", ", names)}");
    }
}
