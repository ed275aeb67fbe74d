using MedMoE.Mesh.Evaluation.Metrics;
using MedMoE.Mesh.Studies;

namespace MedMoE.Mesh.Evaluation.Reading;

/// <summary>An example to draw: a phrase of a study's report, the region of its finding, and its attention map, [side, side], row-major.</summary>
internal sealed record GroundedExample(Study Study, string Type, string Finding, string Phrase, Region Region, float[] Map, int GridSide);
