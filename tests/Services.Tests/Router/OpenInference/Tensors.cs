using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;
using MedMoE.Mesh.OpenInference;
using InferInputTensor = MedMoE.Mesh.OpenInference.ModelInferRequest.Types.InferInputTensor;

namespace MedMoE.Mesh.Services.Tests.Router.OpenInference;

/// <summary>Requests and answers in the way of tritonclient: inputs raw, outputs by their places.</summary>
internal static class Tensors
{
    /// <summary>A request with these raw inputs.</summary>
    public static ModelInferRequest Request(string model, params (InferInputTensor Tensor, ByteString Raw)[] inputs) => new()
    {
        ModelName = model,
        Inputs = { inputs.Select(input => input.Tensor) },
        RawInputContents = { inputs.Select(input => input.Raw) },
    };

    public static (InferInputTensor, ByteString) Bytes(string name, params byte[][] elements) => (
        new InferInputTensor { Name = name, Datatype = "BYTES", Shape = { elements.Length, 1 } },
        ByteString.CopyFrom([.. elements.SelectMany(WithLength)]));

    public static (InferInputTensor, ByteString) Texts(string name, params string[] texts) =>
        Bytes(name, Array.ConvertAll(texts, Encoding.UTF8.GetBytes));

    public static (InferInputTensor, ByteString) Fp32(string name, float[] values, params long[] shape) =>
        (new InferInputTensor { Name = name, Datatype = "FP32", Shape = { shape } }, ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values)));

    /// <summary>BF16 as tritonclient sends it: the upper halves of the floats.</summary>
    public static (InferInputTensor, ByteString) Bf16(string name, float[] values, params long[] shape) =>
        (new InferInputTensor { Name = name, Datatype = "BF16", Shape = { shape } }, ByteString.CopyFrom(UpperHalves(values)));

    public static byte[] UpperHalves(float[] values) =>
        [.. values.SelectMany(value => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)))];

    public static float[] Floats(this ModelInferResponse response, string output) =>
        MemoryMarshal.Cast<byte, float>(response.Raw(output, "FP32").Span).ToArray();

    public static int[] Ints(this ModelInferResponse response, string output) =>
        MemoryMarshal.Cast<byte, int>(response.Raw(output, "INT32").Span).ToArray();

    public static string[] Texts(this ModelInferResponse response, string output)
    {
        var (raw, texts) = (response.Raw(output, "BYTES"), new List<string>());
        for (var at = 0; at < raw.Length;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(raw.Span[at..]);
            texts.Add(Encoding.UTF8.GetString(raw.Span.Slice(at + sizeof(int), length)));
            at += sizeof(int) + length;
        }
        return [.. texts];
    }

    public static long[] Shape(this ModelInferResponse response, string output) => [.. response.Outputs.Single(o => o.Name == output).Shape];

    private static ByteString Raw(this ModelInferResponse response, string output, string type)
    {
        Assert.Equal(response.Outputs.Count, response.RawOutputContents.Count);
        var index = response.Outputs.Select(o => o.Name).ToList().IndexOf(output);
        Assert.Equal((type, true), (response.Outputs[index].Datatype, response.Outputs[index].Contents is null));
        var raw = response.RawOutputContents[index];
        Assert.True(type == "BYTES" || raw.Length == 4 * response.Outputs[index].Shape.Aggregate(1L, (a, b) => a * b));
        return raw;
    }

    private static byte[] WithLength(byte[] element) => [.. BitConverter.GetBytes(element.Length), .. element];
}
