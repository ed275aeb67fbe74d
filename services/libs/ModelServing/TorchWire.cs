using Google.Protobuf;
using MedMoE.Mesh.V1;
using static TorchSharp.torch;

namespace MedMoE.Mesh.ModelServing;

/// <summary>Converts between tensors and messages. Call it on the thread that owns the tensors.</summary>
public static class TorchWire
{
    /// <summary>The rows of a batch [rows, …] as message tensors, rounded to <paramref name="type"/>. The bytes are copied once.</summary>
    public static WireTensor[] Rows(Tensor batch, DataType type)
    {
        using var scope = NewDisposeScope();
        // Two steps: in one step, libtorch would convert on the CPU.
        var converted = batch.to(ScalarTypeOf(type)).contiguous().cpu();
        var length = converted.bytes.Length / (int)batch.shape[0];
        var rows = new WireTensor[batch.shape[0]];
        for (var row = 0; row < rows.Length; row++)
        {
            rows[row] = new WireTensor
            {
                DataType = type,
                Shape = { batch.shape[1..] },
                Data = ByteString.CopyFrom(converted.bytes.Slice(row * length, length)),
            };
        }
        return rows;
    }

    /// <summary>Message tensors of one type and shape as one batch [tensors, …] on the CPU. The bytes are copied once.</summary>
    public static Tensor Batch(IReadOnlyList<WireTensor> rows)
    {
        var batch = empty([rows.Count, .. rows[0].Shape], ScalarTypeOf(rows[0].DataType));
        var bytes = batch.bytes;
        for (var row = 0; row < rows.Count; row++)
        {
            rows[row].Data.Span.CopyTo(bytes[(row * rows[row].Data.Length)..]);
        }
        return batch;
    }

    private static ScalarType ScalarTypeOf(DataType type) => type switch
    {
        DataType.Fp32 => ScalarType.Float32,
        DataType.Fp16 => ScalarType.Float16,
        DataType.Bf16 => ScalarType.BFloat16,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no element type"),
    };
}
