namespace MedMoE.Mesh.Bundle.Tensors;

/// <summary>A tensor of a file; the outermost dimension first, an empty shape for a scalar.</summary>
public record StoredTensor(string Name, SafetensorsDType DType, long[] Shape);
