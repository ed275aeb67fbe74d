namespace MedMoE.Mesh.Router.OpenInference.Tensors;

/// <summary>A tensor that a model takes or gives.</summary>
/// <param name="Name">In capitals.</param>
/// <param name="Type">Its type, and the one that metadata gives for it.</param>
/// <param name="Dims">Its dimensions without the batch; -1: any.</param>
internal sealed record TensorSpec(string Name, ElementType Type, params IReadOnlyList<long> Dims)
{
    /// <summary>Whether a request may do without it.</summary>
    public bool IsOptional { get; init; }

    /// <summary>Other types that it is accepted in.</summary>
    public IReadOnlyList<ElementType> OtherTypes { get; init; } = [];

    /// <summary>The dimensions with the batch.</summary>
    public IEnumerable<long> Shape => Dims.Prepend(-1);
}
