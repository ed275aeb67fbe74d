using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Bundle.Safetensors;

/// <summary>A tensor as the header of a safetensors file describes it.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="DType">Element type.</param>
/// <param name="Shape">Dimensions, outermost first; empty for a scalar.</param>
/// <param name="Offset">First byte, counted from the start of the data section.</param>
/// <param name="Length">Bytes.</param>
public sealed record SafetensorsTensor(string Name, SafetensorsDType DType, long[] Shape, long Offset, long Length)
    : StoredTensor(Name, DType, Shape);
