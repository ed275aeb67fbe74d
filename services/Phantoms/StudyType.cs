using MedMoE.Mesh.Phantoms.Anatomy;
using MedMoE.Mesh.Phantoms.Plans;
using MedMoE.Mesh.Phantoms.Reports;

namespace MedMoE.Mesh.Phantoms;

/// <summary>A report type: how to plan, draw and describe its studies.</summary>
internal sealed record StudyType(
    string Name,
    IReadOnlyList<FindingKind> Kinds,
    IReadOnlyList<string> Variants,
    Func<Chance, StudyPlan, int, Picture> Draw,
    Wording Wording)
{
    private static readonly string[] _one = [""];

    /// <summary>In the order in which studies alternate.</summary>
    public static readonly IReadOnlyList<StudyType> All =
    [
        new("xray", ChestXray.Kinds, _one, ChestXray.Draw, ChestXrayWording.Wording),
        new("ct", AbdominalCt.Kinds, _one, AbdominalCt.Draw, AbdominalCtWording.Wording),
        new("mri", BrainMri.Kinds, BrainMri.Variants, BrainMri.Draw, BrainMriWording.Wording),
        new("ultrasound", UltrasoundSector.Kinds, _one, UltrasoundSector.Draw, UltrasoundWording.Wording),
    ];

    public static string[] Names { get; } = [.. All.Select(type => type.Name)];
}
