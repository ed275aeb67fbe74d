namespace MedMoE.Mesh.Bundle.Tensors;

/// <summary>A tensor of a file.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="DType">Element type.</param>
/// <param name="Shape">Dimensions, outermost first; empty for a scalar.</param>
public record StoredTensor(string Name, SafetensorsDType DType, long[] Shape);
