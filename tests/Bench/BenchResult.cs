using System.Text.Json;

namespace MedMoE.Mesh.Bench;

/// <summary>All that a bench has measured.</summary>
/// <param name="Version">Of the project.</param>
/// <param name="Measured">When, in UTC.</param>
/// <param name="Machine">On what.</param>
/// <param name="Peer">What the backbone is compared with; null: with nothing.</param>
/// <param name="Bundle">Name and version of the bundle.</param>
/// <param name="BlockSeconds">How long each case was measured in each round.</param>
/// <param name="Figures">By case and unit, in each round.</param>
/// <param name="PeakMemoryMib">Of the mesh's processes.</param>
internal sealed record BenchResult(
    string Version, DateTime Measured, Machine Machine, string? Peer, string Bundle, double BlockSeconds, Figures Figures,
    IReadOnlyDictionary<string, double> PeakMemoryMib)
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            Version,
            Measured,
            Machine,
            Peer,
            Bundle,
            BlockSeconds,
            Figures = Figures.All.ToDictionary(of => of.Key, of => of.Value.ToDictionary(unit => unit.Key, unit => unit.Value.Rounds)),
            PeakMemoryMib,
        },
        _json);
}
