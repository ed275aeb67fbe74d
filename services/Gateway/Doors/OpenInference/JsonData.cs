using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Google.Protobuf;
using MedMoE.Mesh.Wire;
using MedMoE.Mesh.Wire.Json;

namespace MedMoE.Mesh.Gateway.Doors.OpenInference;

/// <summary>
/// A tensor's elements in JSON, in one list or in lists of lists, and as raw bytes. An element of BYTES is a text, or <c>{"b64": "…"}</c> for what is
/// none, such as an image.
/// </summary>
internal static class JsonData
{
    private const string Base64Name = "b64";

    /// <summary>The elements as raw bytes.</summary>
    /// <param name="data">JSON that has been checked.</param>
    /// <param name="datatype">BYTES or FP32. All other inputs of the models are binary.</param>
    /// <param name="path">For errors.</param>
    /// <exception cref="InvalidFieldException">An element is not of the type.</exception>
    public static ByteString Read(ReadOnlySpan<byte> data, string datatype, string path)
    {
        var (isText, raw) = (datatype == "BYTES", new ArrayBufferWriter<byte>(data.Length / 2 + 1));
        if (!isText && datatype != "FP32")
        {
            throw new InvalidFieldException(path, "is for BYTES and FP32: send other types as binary data");
        }
        var json = new Utf8JsonReader(data, new JsonReaderOptions { MaxDepth = ProtoJson.MaxDepth });
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw new InvalidFieldException(path, "expected a list");
        }
        while (json.Read())
        {
            if (json.TokenType is JsonTokenType.StartArray or JsonTokenType.EndArray)
            {
                continue;
            }
            if (isText)
            {
                AddBytes(ref json, raw, path);
            }
            else
            {
                BinaryPrimitives.WriteSingleLittleEndian(raw.GetSpan(sizeof(float)), Single(ref json, path));
                raw.Advance(sizeof(float));
            }
        }
        return ByteString.CopyFrom(raw.WrittenSpan);
    }

    private static float Single(ref Utf8JsonReader json, string path) =>
        json.TokenType == JsonTokenType.Number && json.TryGetSingle(out var number) && float.IsFinite(number) ? number
            : throw new InvalidFieldException(path, "expected numbers in the range of FP32");

    private static void AddBytes(ref Utf8JsonReader json, ArrayBufferWriter<byte> raw, string path)
    {
        if (json.TokenType == JsonTokenType.String)
        {
            var most = json.ValueSpan.Length;
            Add(raw, json.CopyString(raw.GetSpan(sizeof(uint) + most)[sizeof(uint)..]));
            return;
        }
        var isObject = json.TokenType == JsonTokenType.StartObject && json.Read() && json.TokenType == JsonTokenType.PropertyName
            && json.ValueTextEquals(Base64Name) && json.Read() && json.TokenType == JsonTokenType.String;
        if (!isObject || !Base64Text.TryRead(ref json, out var bytes) || !json.Read() || json.TokenType != JsonTokenType.EndObject)
        {
            throw new InvalidFieldException(path, $"expected texts, or objects with base64 in \"{Base64Name}\"");
        }
        bytes.Span.CopyTo(raw.GetSpan(sizeof(uint) + bytes.Length)[sizeof(uint)..]);
        Add(raw, bytes.Length);
    }

    /// <summary>Adds an element that stands in the buffer already, behind the place for its length.</summary>
    private static void Add(ArrayBufferWriter<byte> raw, int length)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(raw.GetSpan(sizeof(uint)), (uint)length);
        raw.Advance(sizeof(uint) + length);
    }
}
