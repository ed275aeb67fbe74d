using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Model.Weights;

/// <summary>Maps element types between safetensors and TorchSharp.</summary>
internal static class DTypes
{
    private static readonly (SafetensorsDType File, ScalarType Torch)[] _pairs =
    [
        (SafetensorsDType.BOOL, ScalarType.Bool), (SafetensorsDType.U8, ScalarType.Byte), (SafetensorsDType.I8, ScalarType.Int8),
        (SafetensorsDType.I16, ScalarType.Int16), (SafetensorsDType.I32, ScalarType.Int32), (SafetensorsDType.I64, ScalarType.Int64),
        (SafetensorsDType.F16, ScalarType.Float16), (SafetensorsDType.BF16, ScalarType.BFloat16),
        (SafetensorsDType.F32, ScalarType.Float32), (SafetensorsDType.F64, ScalarType.Float64),
    ];

    /// <summary>Whether TorchSharp has the type; it lacks the wider unsigned ones.</summary>
    public static bool Has(SafetensorsDType dtype) => _pairs.Any(p => p.File == dtype);

    public static ScalarType Of(SafetensorsDType dtype) => _pairs.First(p => p.File == dtype).Torch;

    public static SafetensorsDType Of(ScalarType type) => _pairs.First(p => p.Torch == type).File;

    public static bool IsFloatingPoint(this ScalarType type) => Of(type).IsFloatingPoint();
}
