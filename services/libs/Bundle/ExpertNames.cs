namespace MedMoE.Mesh.Bundle;

/// <summary>
/// The words for an expert in requests, data and options, in any case: its name, its report type, or a DICOM modality code (0008,0060) of it.
/// </summary>
public static class ExpertNames
{
    /// <summary>The expert's place among the gate's outputs; -1 if no expert has this name. A name goes before a report type.</summary>
    public static int IndexOfNamed(this IReadOnlyList<ExpertEntry> experts, string name)
    {
        name = name.Trim();
        bool Same(string other) => string.Equals(other, name, StringComparison.OrdinalIgnoreCase);
        Func<ExpertEntry, bool>[] kinds = [e => Same(e.Name), e => Same(e.ReportType), e => e.DicomModalities.Any(Same)];
        return kinds.Select(isNamed => experts.Index().FirstOrDefault(e => isNamed(e.Item), (-1, null!)).Index).FirstOrDefault(i => i >= 0, -1);
    }

    /// <summary>What can be given, for messages: <c>xray (X-ray, CR, DX), pet</c>.</summary>
    public static string Listed(this IEnumerable<ExpertEntry> experts) => string.Join(", ", experts.Select(e =>
    {
        var others = e.DicomModalities.Prepend(e.ReportType).Where(o => !string.Equals(o, e.Name, StringComparison.OrdinalIgnoreCase));
        return string.Join(", ", others) is { Length: > 0 } names ? $"{e.Name} ({names})" : e.Name;
    }));
}
