using System.Globalization;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Local.Plan;

/// <summary>Numbers of replicas, from text as <c>ct=2,backbone=2</c>.</summary>
internal static class ReplicaCounts
{
    /// <summary>More of one service than any one machine has use for: a slip of the keyboard.</summary>
    private const int Most = 64;

    /// <summary>For a command's help: what may be named.</summary>
    public static string Named { get; } = "as ct=3,backbone=2: of "
        + string.Join(", ", ServiceCatalog.All.Where(kind => kind is { IsCalled: true, IsPerExpert: false }).Select(kind => kind.Name))
        + ", or an expert by its name";

    /// <param name="text">The text; empty gives no numbers.</param>
    /// <param name="services">The services that may be named.</param>
    /// <returns>Numbers by <see cref="ProcessSpec.ShortName"/>.</returns>
    /// <exception cref="LocalMeshException">A name nobody has, or a number that cannot be.</exception>
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
            var service = scalable.FirstOrDefault(s => s.ShortName == name) ?? throw new LocalMeshException(
                $"replicas: unknown service \"{name}\"; there are {string.Join(", ", scalable.Select(s => s.ShortName))}");
            var least = service.Service.Expert is null ? 1 : 0;
            if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count < least || count > Most)
            {
                throw new LocalMeshException($"replicas: {name} can have {least} to {Most} replicas, not \"{number}\"");
            }
            if (!counts.TryAdd(name, count))
            {
                throw new LocalMeshException($"replicas: {name} is there twice");
            }
        }
        return counts;
    }
}
