using MedMoE.Mesh.Evaluation.Metrics;

namespace MedMoE.Mesh.Evaluation.Reading;

/// <summary>A phrase of a report that can be grounded.</summary>
/// <param name="Finding">Name of the finding.</param>
/// <param name="Text">As it stands in the report.</param>
/// <param name="Words">Its words among those that the model reads of the report, one at least.</param>
/// <param name="Region">Where the finding is; not empty.</param>
internal sealed record Phrase(string Finding, string Text, int[] Words, Region Region);
