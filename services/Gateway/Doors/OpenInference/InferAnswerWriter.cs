using System.Buffers.Binary;
using System.Text.Json;
using MedMoE.Mesh.OpenInference;

namespace MedMoE.Mesh.Gateway.Doors.OpenInference;

/// <summary>Writes the JSON of an inference's answer.</summary>
internal static class InferAnswerWriter
{
    public static void Write(ModelInferResponse response, RequestedForms forms, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("model_name", response.ModelName);
        json.WriteString("model_version", response.ModelVersion);
        if (response.Id.Length > 0)
        {
            json.WriteString("id", response.Id);
        }
        WriteParameters(response, json);
        json.WriteStartArray("outputs");
        foreach (var (output, raw) in response.Outputs.Zip(response.RawOutputContents))
        {
            json.WriteStartObject();
            json.WriteString("name", output.Name);
            json.WriteString("datatype", output.Datatype);
            json.WriteStartArray("shape");
            foreach (var dimension in output.Shape)
            {
                json.WriteNumberValue(dimension);
            }
            json.WriteEndArray();
            if (forms.IsBinaryOf(output.Name))
            {
                json.WriteStartObject("parameters");
                json.WriteNumber(InferRequestReader.BinarySize, raw.Length);
                json.WriteEndObject();
            }
            else
            {
                json.WriteStartArray("data");
                WriteData(raw.Span, output.Datatype, json);
                json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteParameters(ModelInferResponse response, Utf8JsonWriter json)
    {
        json.WriteStartObject("parameters");
        foreach (var (name, value) in response.Parameters)
        {
            switch (value.ParameterChoiceCase)
            {
                case InferParameter.ParameterChoiceOneofCase.BoolParam: json.WriteBoolean(name, value.BoolParam); break;
                case InferParameter.ParameterChoiceOneofCase.Int64Param: json.WriteNumber(name, value.Int64Param); break;
                case InferParameter.ParameterChoiceOneofCase.Uint64Param: json.WriteNumber(name, value.Uint64Param); break;
                case InferParameter.ParameterChoiceOneofCase.DoubleParam: json.WriteNumber(name, value.DoubleParam); break;
                default: json.WriteString(name, value.StringParam); break;
            }
        }
        json.WriteEndObject();
    }

    private static void WriteData(ReadOnlySpan<byte> raw, string datatype, Utf8JsonWriter json)
    {
        while (!raw.IsEmpty)
        {
            raw = raw[WriteElement(raw, datatype, json)..];
        }
    }

    /// <summary>Writes the first element; returns the bytes it took.</summary>
    private static int WriteElement(ReadOnlySpan<byte> raw, string datatype, Utf8JsonWriter json)
    {
        switch (datatype)
        {
            case "BYTES":
                var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(raw);
                json.WriteStringValue(raw.Slice(sizeof(uint), length));
                return sizeof(uint) + length;
            case "BOOL":
                json.WriteBooleanValue(raw[0] != 0);
                return 1;
            case "INT32":
                json.WriteNumberValue(BinaryPrimitives.ReadInt32LittleEndian(raw));
                return sizeof(int);
            case "FP32":
                WriteNumber(BinaryPrimitives.ReadSingleLittleEndian(raw), json);
                return sizeof(float);
            case "FP16":
                WriteNumber((float)BinaryPrimitives.ReadHalfLittleEndian(raw), json);
                return sizeof(ushort);
            case "BF16":
                WriteNumber(BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(raw) << 16), json);
                return sizeof(ushort);
            default:
                throw new NotSupportedException($"{datatype} is not an output of any model");
        }
    }

    /// <summary>JSON has no NaN.</summary>
    private static void WriteNumber(float number, Utf8JsonWriter json)
    {
        if (float.IsFinite(number))
        {
            json.WriteNumberValue(number);
        }
        else
        {
            json.WriteNullValue();
        }
    }
}
