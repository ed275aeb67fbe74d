namespace MedMoE.Mesh.Wire.Json;

/// <summary>How the elements of a tensor are written in JSON. Both forms are read.</summary>
public enum TensorFormat
{
    /// <summary>The field <c>data</c>: the tensor's bytes in base64.</summary>
    Base64,

    /// <summary>
    /// A field <c>values</c> in place of <c>data</c>: the elements as numbers, row-major, each in the fewest digits that give the same FP32 again.
    /// About three times the size of base64.
    /// </summary>
    Values,
}
