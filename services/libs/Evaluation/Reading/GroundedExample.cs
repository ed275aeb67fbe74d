using MedMoE.Mesh.Evaluation.Metrics;
using MedMoE.Mesh.Studies;

namespace MedMoE.Mesh.Evaluation.Reading;

/// <summary>A study to show: one of its phrases and where it looks.</summary>
/// <param name="Study">The study.</param>
/// <param name="Type">Its report type.</param>
/// <param name="Finding">Name of the finding.</param>
/// <param name="Phrase">The phrase, as it stands in the report.</param>
/// <param name="Region">Where the finding is.</param>
/// <param name="Map">Where the phrase looks, [side, side], row-major.</param>
/// <param name="GridSide">Positions on a side of the map.</param>
internal sealed record GroundedExample(Study Study, string Type, string Finding, string Phrase, Region Region, float[] Map, int GridSide);
