using System.Globalization;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Local.Plan;

/// <summary>Parses numbers of replicas, as <c>ct=2,backbone=2</c>.</summary>
internal static class ReplicaCounts
{
    /// <summary>Maximum replicas of one service: more is a typing error.</summary>
    private const int Most = 64;

    /// <summary>Format and names, for a command's help.</summary>
    public static string Named { get; } = "as ct=3,backbone=2: "
        + string.Join(", ", ServiceCatalog.All.Where(kind => kind is { IsCalled: true, IsPerExpert: false }).Select(kind => kind.Name))
        + ", or an expert's name";

    /// <returns>Numbers by <see cref="ProcessSpec.ShortName"/>.</returns>
    /// <exception cref="LocalMeshException">Unknown service, or a number out of range.</exception>
    public static IReadOnlyDictionary<string, int> Parse(string text, IReadOnlyList<ProcessSpec> services)
    {
        var counts = new Dictionary<string, int>();
        foreach (var entry in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry.Split('=', 2, StringSplitOptions.TrimEntries) is not [var name, var number])
            {
                throw new LocalMeshException($"replicas: \"{entry}\" is not NAME=NUMBER");
            }
            var scalable = services.Where(s => s.IsCalled).ToArray();
            var service = scalable.FirstOrDefault(s => s.ShortName == name || s.Service.Name == name) ?? throw new LocalMeshException(
                $"replicas: unknown service \"{name}\"; expected one of {string.Join(", ", scalable.Select(s => s.ShortName))}");
            var least = service.Service.Expert is null ? 1 : 0;
            if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count < least || count > Most)
            {
                throw new LocalMeshException($"replicas: {name} can have {least} to {Most} replicas, not \"{number}\"");
            }
            if (!counts.TryAdd(service.ShortName, count))
            {
                throw new LocalMeshException($"replicas: {name} is given twice");
            }
        }
        return counts;
    }
}
