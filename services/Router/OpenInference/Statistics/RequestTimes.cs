using MedMoE.Mesh.Router.OpenInference.Models;

namespace MedMoE.Mesh.Router.OpenInference.Statistics;

/// <summary>How long an answered request took, and where.</summary>
/// <param name="Total">From its arrival to its answer.</param>
/// <param name="Input">Reading its tensors.</param>
/// <param name="Output">Writing its answer's.</param>
/// <param name="Items">The networks that each item went through.</param>
internal sealed record RequestTimes(TimeSpan Total, TimeSpan Input, TimeSpan Output, IReadOnlyList<IReadOnlyList<Stage>> Items);
