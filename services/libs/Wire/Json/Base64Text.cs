using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace MedMoE.Mesh.Wire.Json;

/// <summary>Base64 in JSON: of either alphabet, with or without padding, as proto's mapping asks for.</summary>
public static class Base64Text
{
    /// <summary>The bytes of the text that the reader is at, decoded into an array that is theirs; false if it is no base64.</summary>
    public static bool TryRead(ref Utf8JsonReader json, out ReadOnlyMemory<byte> bytes)
    {
        if (!json.ValueIsEscaped)
        {
            return TryDecode(json.ValueSpan, out bytes);
        }
        // Some writers escape every slash or plus; and the command base64 breaks lines.
        var buffer = ArrayPool<byte>.Shared.Rent(json.ValueSpan.Length);
        try
        {
            var text = buffer.AsSpan(0, json.CopyString(buffer));
            var length = 0;
            foreach (var c in text)
            {
                if (c is not ((byte)'\r' or (byte)'\n'))
                {
                    text[length++] = c;
                }
            }
            return TryDecode(text[..length], out bytes);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            bytes = default;
            return false;
        }
        finally
        {
            // Never to be seen by whoever rents it next.
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    /// <summary>The bytes of a text without line breaks, in an array of their own; false if it is no base64.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, out ReadOnlyMemory<byte> bytes)
    {
        var array = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length + 3)];
        int length, last = 0;
        bool isBase64;
        if (text.ContainsAny((byte)'-', (byte)'_'))
        {
            isBase64 = Base64Url.DecodeFromUtf8(text, array, out _, out length) == OperationStatus.Done;
        }
        else
        {
            // All but an incomplete group at the end: two or three characters that stand for one byte or two.
            var whole = text.Length & ~3;
            isBase64 = Base64.DecodeFromUtf8(text[..whole], array, out _, out length) == OperationStatus.Done;
            if (whole < text.Length)
            {
                Span<byte> group = [(byte)'=', (byte)'=', (byte)'=', (byte)'='];
                text[whole..].CopyTo(group);
                isBase64 &= Base64.DecodeFromUtf8(group, array.AsSpan(length), out _, out last) == OperationStatus.Done;
            }
        }
        bytes = array.AsMemory(0, length + last);
        return isBase64;
    }
}
