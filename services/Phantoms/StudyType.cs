using MedMoE.Mesh.Phantoms.Anatomy;
using MedMoE.Mesh.Phantoms.Plans;
using MedMoE.Mesh.Phantoms.Reports;

namespace MedMoE.Mesh.Phantoms;

/// <summary>A type of report, with all that makes studies of it.</summary>
/// <param name="Name">The expert's name.</param>
/// <param name="Kinds">What may be found.</param>
/// <param name="Variants">Kinds of picture that look different.</param>
/// <param name="Draw">Draws a plan, in pixels on each side.</param>
/// <param name="Wording">How its reports speak.</param>
internal sealed record StudyType(
    string Name,
    IReadOnlyList<FindingKind> Kinds,
    IReadOnlyList<string> Variants,
    Func<Chance, StudyPlan, int, Picture> Draw,
    Wording Wording)
{
    private static readonly string[] _one = [""];

    /// <summary>In the order in which studies take turns.</summary>
    public static readonly IReadOnlyList<StudyType> All =
    [
        new("xray", ChestXray.Kinds, _one, ChestXray.Draw, ChestXrayWording.Wording),
        new("ct", AbdominalCt.Kinds, _one, AbdominalCt.Draw, AbdominalCtWording.Wording),
        new("mri", BrainMri.Kinds, BrainMri.Variants, BrainMri.Draw, BrainMriWording.Wording),
        new("ultrasound", UltrasoundSector.Kinds, _one, UltrasoundSector.Draw, UltrasoundWording.Wording),
    ];
}
