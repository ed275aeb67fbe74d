using System.Collections;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace MedMoE.Mesh.Gateway.Doors.OpenInference;

/// <summary>
/// Messages as Triton writes them: fields by their proto names, and 64-bit integers as numbers, which perf_analyzer expects. Proto's own mapping to
/// JSON has neither.
/// </summary>
internal static class ProtoNamesJson
{
    public static void Write(IMessage message, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            var value = field.Accessor.GetValue(message);
            if (value is null || (field.HasPresence && !field.Accessor.HasValue(message)))
            {
                continue;
            }
            json.WritePropertyName(field.Name);
            if (field.IsMap)
            {
                WriteMap(field, (IDictionary)value, json);
            }
            else if (field.IsRepeated)
            {
                json.WriteStartArray();
                foreach (var element in (IList)value)
                {
                    WriteValue(field, element!, json);
                }
                json.WriteEndArray();
            }
            else
            {
                WriteValue(field, value, json);
            }
        }
        json.WriteEndObject();
    }

    private static void WriteMap(FieldDescriptor field, IDictionary map, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (DictionaryEntry entry in map)
        {
            json.WritePropertyName((string)entry.Key);
            WriteValue(field.MessageType.FindFieldByName("value"), entry.Value!, json);
        }
        json.WriteEndObject();
    }

    private static void WriteValue(FieldDescriptor field, object value, Utf8JsonWriter json)
    {
        switch (value)
        {
            case IMessage message: Write(message, json); break;
            case Enum: json.WriteStringValue(field.EnumType.FindValueByNumber((int)value)?.Name); break;
            case string text: json.WriteStringValue(text); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case uint number: json.WriteNumberValue(number); break;
            case ulong number: json.WriteNumberValue(number); break;
            case int number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            default: throw new NotSupportedException($"{field.FullName} has no form in this protocol");
        }
    }
}
