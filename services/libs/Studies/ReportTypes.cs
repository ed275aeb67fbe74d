using System.Globalization;
using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Studies;

/// <summary>
/// The labels a data set may have: the words for the bundle's experts. An unknown label ends the run: the data set belongs to another
/// bundle, and training on the rest would silently go wrong.
/// </summary>
internal sealed class ReportTypes(IReadOnlyList<ExpertEntry> experts)
{
    /// <summary>Limit of quoted characters: a badly quoted manifest may have a report in place of the label, and reports are private.</summary>
    private const int LongestLabelShown = 40;

    /// <summary>The index of a name; the record is for the message.</summary>
    /// <exception cref="StudyDataException">The bundle has no such expert.</exception>
    public int Named(string name, string record)
    {
        if (experts.IndexOfNamed(name) is >= 0 and var index)
        {
            return index;
        }
        var shown = name.Length > LongestLabelShown ? name[..LongestLabelShown] + "…" : name;
        throw new StudyDataException(
            $"{record}: report type \"{shown.ReplaceLineEndings(" ")}\" is not one of the bundle's: {experts.Listed()}");
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
        return index >= 0 && index < experts.Count ? (int)index : throw new StudyDataException(
            $"{record}: .cls {index} is not in 0..{experts.Count - 1}, the bundle's report types: {experts.Listed()}");
    }
}
