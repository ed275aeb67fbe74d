using System.Buffers;
using System.Text.Json;
using Google.Protobuf;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Wire;
using MedMoE.Mesh.Wire.Json;

namespace MedMoE.Mesh.Gateway.Doors.Embeddings;

/// <summary>A request for embeddings.</summary>
internal sealed record EmbeddingsRequest
{
    public string Model { get; init; } = "";

    /// <summary><c>float</c> or <c>base64</c>: little-endian FP32.</summary>
    public string EncodingFormat { get; init; } = "float";

    /// <summary>Texts in UTF-8, or files of images.</summary>
    public IReadOnlyList<ByteString> Inputs { get; init; } = [];

    public bool AreImages { get; init; }
}

/// <summary>Reads a request for embeddings.</summary>
internal static class EmbeddingsReader
{
    private const string Input = "input";

    private static readonly byte[] _dataUri = [.. "data:"u8];
    private static readonly byte[] _base64 = [.. ";base64,"u8];

    /// <exception cref="InvalidFieldException">It is not a request for embeddings that the mesh has.</exception>
    public static EmbeddingsRequest Read(ReadOnlySpan<byte> text)
    {
        try
        {
            return Object(text);
        }
        catch (JsonException e)
        {
            // Its own message quotes the text.
            throw new InvalidFieldException(ProtoJson.Body, $"is not JSON: {JsonFault.Place(e)}");
        }
        catch (InvalidOperationException)
        {
            throw new InvalidFieldException(ProtoJson.Body, "has a text that is not Unicode");
        }
    }

    private static EmbeddingsRequest Object(ReadOnlySpan<byte> text)
    {
        var json = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = ProtoJson.MaxDepth });
        var (request, inputs, images) = (new EmbeddingsRequest(), new List<ByteString>(), 0);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
        {
            throw new InvalidFieldException(ProtoJson.Body, "expected an object");
        }
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString()!;
            json.Read();
            switch (name)
            {
                case "model": request = request with { Model = Text(ref json, name) }; break;
                case "encoding_format":
                    request = request with { EncodingFormat = Text(ref json, name) };
                    if (request.EncodingFormat is not ("float" or "base64"))
                    {
                        throw new InvalidFieldException(name, "expected float or base64");
                    }
                    break;
                case Input: images = Inputs(ref json, inputs); break;
                case "dimensions": throw new InvalidFieldException(name, "an embedding has the dimensions of the model; none can be left out");
                // Who asks on whose behalf does not matter here.
                case "user": json.Skip(); break;
                default: throw new InvalidFieldException(ProtoJson.Body, "has a field that is none of model, input, encoding_format, user");
            }
        }
        return inputs.Count == 0 ? throw new InvalidFieldException(Input, "is missing or empty")
            : images is 0 || images == inputs.Count ? request with { Inputs = inputs, AreImages = images > 0 }
            : throw new InvalidFieldException(Input, "has texts and images: send them in requests of their own");
    }

    /// <summary>Reads the inputs; returns how many are images.</summary>
    private static int Inputs(ref Utf8JsonReader json, List<ByteString> inputs)
    {
        inputs.Clear();
        if (json.TokenType == JsonTokenType.String)
        {
            return Add(ref json, inputs, Input) ? 1 : 0;
        }
        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw new InvalidFieldException(Input, "expected a text or a list of texts");
        }
        var images = 0;
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            var path = $"{Input}[{inputs.Count}]";
            if (inputs.Count == ProtoJson.MaxElements)
            {
                throw new InvalidFieldException(Input, $"has more than {ProtoJson.MaxElements} texts");
            }
            if (json.TokenType != JsonTokenType.String)
            {
                throw new InvalidFieldException(path, "expected a text; the mesh does not take tokens");
            }
            images += Add(ref json, inputs, path) ? 1 : 0;
        }
        return images;
    }

    /// <summary>Adds the text that the reader is at; returns whether it is an image.</summary>
    private static bool Add(ref Utf8JsonReader json, List<ByteString> inputs, string path)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(json.ValueSpan.Length);
        try
        {
            ReadOnlySpan<byte> text = buffer.AsSpan(0, json.CopyString(buffer));
            if (!text.StartsWith(_dataUri))
            {
                inputs.Add(ByteString.CopyFrom(text));
                return false;
            }
            var at = text.IndexOf(_base64);
            if (at < 0 || !Base64Text.TryDecode(text[(at + _base64.Length)..], out var image))
            {
                throw new InvalidFieldException(path, "is not a data URI in base64");
            }
            inputs.Add(UnsafeByteOperations.UnsafeWrap(image));
            return true;
        }
        finally
        {
            // Never to be seen by whoever rents it next.
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private static string Text(ref Utf8JsonReader json, string name) =>
        json.TokenType == JsonTokenType.String ? json.GetString()! : throw new InvalidFieldException(name, "expected a text");
}
