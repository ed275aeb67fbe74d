using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MedMoE.Mesh.Wire;
using MedMoE.Mesh.Wire.Json;

namespace MedMoE.Mesh.Gateway.Doors.Json;

/// <summary>Messages in JSON from callers.</summary>
internal static class JsonText
{
    /// <summary>
    /// An empty object or text takes three bytes in JSON and up to a hundred in memory: 32 MB of them would take a gigabyte. No method takes more
    /// than a few hundred.
    /// </summary>
    public const int MaxItems = 1 << 16;

    /// <exception cref="InvalidFieldException"><inheritdoc cref="ProtoJson.Read"/></exception>
    public static IMessage Read(ReadOnlyMemory<byte> text, MessageDescriptor type) => HasMoreItems(text.Span)
        ? throw new InvalidFieldException(ProtoJson.Body, $"has more than {MaxItems} objects and texts")
        : ProtoJson.Read(text, type);

    private static bool HasMoreItems(ReadOnlySpan<byte> text)
    {
        // Each begins with one of these; few requests have so many that they are worth a look.
        if (text.Count((byte)'{') + text.Count((byte)'"') <= MaxItems)
        {
            return false;
        }
        var json = new Utf8JsonReader(text);
        try
        {
            var count = 0;
            while (count <= MaxItems && json.Read())
            {
                count += json.TokenType is JsonTokenType.StartObject or JsonTokenType.String or JsonTokenType.PropertyName ? 1 : 0;
            }
            return count > MaxItems;
        }
        catch (JsonException)
        {
            // The reader of messages says where.
            return false;
        }
    }
}
