using MedMoE.Mesh.Router.OpenInference.Tensors;

namespace MedMoE.Mesh.Router.OpenInference.Models;

/// <summary>What a model gave for one item of a batch.</summary>
/// <param name="Outputs">By name, those that are wanted, others may be there, too.</param>
/// <param name="Model">The weights that the answer depends on.</param>
/// <param name="Stages">The networks that it went through.</param>
/// <param name="Notes">Notes on the image.</param>
internal sealed record ItemAnswer(
    IReadOnlyDictionary<string, Cell> Outputs, ModelInfo Model, IReadOnlyList<Stage> Stages, params IReadOnlyList<string> Notes);

/// <summary>A network that an item went through.</summary>
/// <param name="Model">The network's model in this protocol.</param>
/// <param name="Timing">Its time; null if its answer came from the cache. Items that shared a run share the timing.</param>
internal sealed record Stage(string Model, Timing? Timing);
