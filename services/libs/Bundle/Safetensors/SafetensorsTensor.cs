using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Bundle.Safetensors;

/// <summary>A tensor in the header of a safetensors file; offset and length in bytes, the offset from the start of the data section.</summary>
public sealed record SafetensorsTensor(string Name, SafetensorsDType DType, long[] Shape, long Offset, long Length)
    : StoredTensor(Name, DType, Shape);
