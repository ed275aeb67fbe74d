using System.Collections;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Wire.Json;

internal sealed class MessageWriter(Utf8JsonWriter json, TensorFormat tensors)
{
    /// <summary>Base64 is written in parts, or the writer would ask for a buffer of the whole.</summary>
    private const int PartBytes = 48 << 10;

    public void Write(IMessage message)
    {
        json.WriteStartObject();
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.HasPresence && !field.Accessor.HasValue(message))
            {
                continue;
            }
            if (tensors == TensorFormat.Values && message is WireTensor tensor && field.FieldNumber == WireTensor.DataFieldNumber
                && HoldsValues(tensor))
            {
                WriteValues(tensor);
                continue;
            }
            json.WritePropertyName(field.JsonName);
            WriteField(field, field.Accessor.GetValue(message));
        }
        json.WriteEndObject();
    }

    private void WriteField(FieldDescriptor field, object value)
    {
        if (field.IsMap)
        {
            var (keys, values) = (field.MessageType.Fields[1], field.MessageType.Fields[2]);
            json.WriteStartObject();
            foreach (DictionaryEntry entry in (IDictionary)value)
            {
                json.WritePropertyName(keys.FieldType == FieldType.Bool
                    ? (bool)entry.Key ? "true" : "false"
                    : Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!);
                WriteSingle(values, entry.Value!);
            }
            json.WriteEndObject();
        }
        else if (field.IsRepeated)
        {
            json.WriteStartArray();
            foreach (var element in (IEnumerable)value)
            {
                WriteSingle(field, element);
            }
            json.WriteEndArray();
        }
        else
        {
            WriteSingle(field, value);
        }
    }

    private void WriteSingle(FieldDescriptor field, object value)
    {
        switch (value)
        {
            case IMessage message:
                Write(message);
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case ByteString bytes:
                WriteBytes(bytes.Span);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case float number:
                WriteSingle(number);
                break;
            case double number when double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case double number:
                json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
                break;
            case uint number:
                json.WriteNumberValue(number);
                break;
            // As text: JavaScript's numbers end at 2^53.
            case long or ulong:
                json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
            // An int, or a C# enum, which has the number and not the name of the proto.
            default:
                var integer = Convert.ToInt32(value, CultureInfo.InvariantCulture);
                if (field.FieldType == FieldType.Enum && field.EnumType.FindValueByNumber(integer) is { } named)
                {
                    json.WriteStringValue(named.Name);
                }
                else
                {
                    json.WriteNumberValue(integer);
                }
                break;
        }
    }

    private void WriteSingle(float number)
    {
        if (float.IsFinite(number))
        {
            json.WriteNumberValue(number);
        }
        else
        {
            json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
        }
    }

    private void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > PartBytes)
        {
            json.WriteBase64StringSegment(bytes[..PartBytes], isFinalSegment: false);
            bytes = bytes[PartBytes..];
        }
        json.WriteBase64StringSegment(bytes, isFinalSegment: true);
    }

    /// <summary>A tensor that no network made may have any type and any number of bytes; its data is written as it is.</summary>
    private static bool HoldsValues(WireTensor tensor) =>
        tensor.DataType is DataType.Fp32 or DataType.Fp16 or DataType.Bf16 && tensor.Data.Length % WireTensors.ElementSize(tensor.DataType) == 0;

    private void WriteValues(WireTensor tensor)
    {
        json.WriteStartArray("values"u8);
        var bytes = tensor.Data.Span;
        switch (tensor.DataType)
        {
            case DataType.Fp32:
                foreach (var value in MemoryMarshal.Cast<byte, float>(bytes))
                {
                    WriteSingle(value);
                }
                break;
            case DataType.Fp16:
                foreach (var value in MemoryMarshal.Cast<byte, Half>(bytes))
                {
                    WriteSingle((float)value);
                }
                break;
            default:
                foreach (var value in MemoryMarshal.Cast<byte, ushort>(bytes))
                {
                    WriteSingle(BitConverter.UInt32BitsToSingle((uint)value << 16));
                }
                break;
        }
        json.WriteEndArray();
    }
}
