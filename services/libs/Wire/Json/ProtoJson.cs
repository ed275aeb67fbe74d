using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace MedMoE.Mesh.Wire.Json;

/// <summary>
/// Messages as JSON, by protobuf's own mapping (https://protobuf.dev/programming-guides/json), read from and written as UTF-8. Google's parser
/// takes UTF-16 text: an image of 30 MB would be 80 MB of text and several copies of itself; and its errors do not say where in the message they
/// are. Here an image is decoded from the request's bytes into the array that the message keeps.
/// </summary>
/// <remarks>
/// The types of the package <c>google.protobuf</c>, which have forms of their own in JSON, are not supported: no contract has them.
/// </remarks>
public static class ProtoJson
{
    /// <summary>The field that errors name where the whole text is wrong.</summary>
    public const string Body = "body";

    /// <summary>Objects within objects and lists that a text may have. The contracts need 8.</summary>
    public const int MaxDepth = 32;

    /// <summary>
    /// Messages, entries of maps and elements of lists that a text may have, the elements of tensors aside. Two bytes of JSON make an object of a
    /// hundred: a limit of bytes alone would not limit memory.
    /// </summary>
    public const int MaxElements = 1 << 16;

    private static readonly JsonWriterOptions _writing = new()
    {
        // Answers are JSON files, never parts of a page: + and letters beyond ASCII need no escape.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private static readonly JsonReaderOptions _reading = new() { MaxDepth = MaxDepth };

    /// <summary>
    /// Reads a message. Fields have the names of the proto or their lowerCamelCase; null is an absent field; a tensor may have <c>values</c>,
    /// numbers, in place of <c>data</c>. The message does not refer to <paramref name="utf8"/>.
    /// </summary>
    /// <exception cref="InvalidFieldException">
    /// Not JSON, an unknown field, one that is given twice or has a value of another kind. Its path is in proto names, as in the errors of the
    /// services: <c>classes[1].name</c>; <see cref="Body"/> for the text itself. Neither path nor reason repeats values of the text.
    /// </exception>
    public static IMessage Read(ReadOnlyMemory<byte> utf8, MessageDescriptor type)
    {
        var text = utf8.Span;
        if (text.StartsWith("\uFEFF"u8))
        {
            text = text["\uFEFF"u8.Length..];
        }
        if (text.IsEmpty)
        {
            throw new InvalidFieldException(Body, $"is empty, expected a JSON object of {type.FullName}");
        }
        if (!Utf8.IsValid(text))
        {
            throw new InvalidFieldException(Body, "is not UTF-8");
        }
        try
        {
            return new MessageReader(new Utf8JsonReader(text, _reading)).Read(type);
        }
        catch (JsonException e)
        {
            // Its own message quotes the text.
            throw new InvalidFieldException(Body, $"is not JSON, or deeper than {MaxDepth} levels: {JsonFault.Place(e)}");
        }
    }

    /// <summary>
    /// Writes a message. Fields without presence are always written, so that a list that is empty and a flag that is false can be seen; names are in
    /// lowerCamelCase, enums names, and 64-bit integers text.
    /// </summary>
    public static void Write(IMessage message, IBufferWriter<byte> to, TensorFormat tensors)
    {
        using var json = new Utf8JsonWriter(to, _writing);
        new MessageWriter(json, tensors).Write(message);
    }
}
