using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Serving.Access;

/// <summary>Rights by the names that lists, tokens and messages have.</summary>
public static class CallerRights
{
    private static readonly Rights[] _single = [Rights.Infer, Rights.Read, Rights.Direct, Rights.Operate];

    /// <summary>For messages.</summary>
    public static string Listed { get; } = string.Join(", ", _single.Select(NameOf));

    public static string NameOf(Rights right) => right.ToString().ToLowerInvariant();

    /// <summary>The right of that name; null if there is none.</summary>
    public static Rights? Named(string name) => _single.Where(right => NameOf(right) == name).Cast<Rights?>().FirstOrDefault();
}
