using System.Globalization;
using MedMoE.Mesh.Local.Processes;

namespace MedMoE.Mesh.Local.Versions;

/// <summary>A table of the versions of a mesh.</summary>
internal static class VersionTable
{
    public static string Format(IReadOnlyList<VersionStatus> versions) => TextTable.Format(
    [
        ["version", "role", "calls", "services of its own", "bundle"],
        .. versions.Select(version => new[]
        {
            version.Name,
            version.Role,
            version.Role == "previous" ? "-" : string.Create(CultureInfo.InvariantCulture, $"{version.Weight:0.##} %"),
            version.Own.Count == 0 ? "-" : versions.Count(other => other.Own.Count > 0) > 1 ? string.Join(' ', version.Own) : "all",
            version.Bundle,
        }),
    ]);
}
