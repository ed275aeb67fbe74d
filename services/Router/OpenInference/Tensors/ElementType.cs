using ConfigType = MedMoE.Mesh.OpenInference.DataType;

namespace MedMoE.Mesh.Router.OpenInference.Tensors;

/// <summary>An element type of the protocol.</summary>
/// <param name="Name">Its name on the wire.</param>
/// <param name="Config">Its name in a configuration.</param>
/// <param name="Size">Bytes of an element; 0 for BYTES, whose elements have their own lengths.</param>
internal sealed record ElementType(string Name, ConfigType Config, int Size)
{
    public static ElementType Bytes { get; } = new("BYTES", ConfigType.TypeString, 0);

    public static ElementType Bool { get; } = new("BOOL", ConfigType.TypeBool, sizeof(bool));

    public static ElementType Int32 { get; } = new("INT32", ConfigType.TypeInt32, sizeof(int));

    public static ElementType Fp32 { get; } = new("FP32", ConfigType.TypeFp32, sizeof(float));

    public static ElementType Fp16 { get; } = new("FP16", ConfigType.TypeFp16, sizeof(ushort));

    public static ElementType Bf16 { get; } = new("BF16", ConfigType.TypeBf16, sizeof(ushort));

    /// <summary>The type of the mesh's own tensors; unspecified for what they cannot hold.</summary>
    public DataType WireType => Name switch
    {
        "FP32" => DataType.Fp32,
        "FP16" => DataType.Fp16,
        "BF16" => DataType.Bf16,
        _ => DataType.Unspecified,
    };

    public static ElementType Of(DataType type) => type switch
    {
        DataType.Fp16 => Fp16,
        DataType.Bf16 => Bf16,
        _ => Fp32,
    };
}
