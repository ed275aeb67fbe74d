using System.Buffers;
using System.Net.Mime;
using System.Runtime.InteropServices;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using MedMoE.Mesh.OpenInference;
using Microsoft.Net.Http.Headers;

namespace MedMoE.Mesh.Gateway.Doors.Embeddings;

/// <summary>
/// Embeddings of texts or of images, one or many, by the text encoder or by each image's expert. An image is a data URI in base64 (RFC 2397).
/// </summary>
internal sealed class EmbeddingsCall(HttpRequest request) : OpenAiCall(request, "ModelInfer")
{
    private const string Base64Encoding = "base64";
    private const string Sentence = "SENTENCE";
    private const string Tokens = "TOKENS";
    private const string ImageEmbedding = "IMAGE_EMBEDDING";

    private EmbeddingsRequest _read = new();

    public override void CheckHead()
    {
        if (Request.Headers.ContentEncoding.Count > 0 || !MediaTypeHeaderValue.TryParse(Request.ContentType, out var type)
            || !type.MediaType.Equals(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase))
        {
            throw new DoorException(new Problem(StatusCode.InvalidArgument, "content-type: expected application/json, not encoded")
            {
                HttpStatus = StatusCodes.Status415UnsupportedMediaType,
            });
        }
    }

    public override ValueTask<IMessage> Read(ReadOnlyMemory<byte> message)
    {
        _read = EmbeddingsReader.Read(message.Span);
        if (_read.Model != Model)
        {
            throw new RpcException(new Status(StatusCode.NotFound, $"model: there is only {Model}"));
        }
        var infer = new ModelInferRequest
        {
            ModelName = _read.AreImages ? "medmoe" : "text_encoder",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = _read.AreImages ? "IMAGE" : "TEXT",
                    Datatype = "BYTES",
                    Shape = { _read.Inputs.Count, 1 },
                    Contents = new InferTensorContents { BytesContents = { _read.Inputs } },
                },
            },
        };
        string[] outputs = _read.AreImages ? [ImageEmbedding] : [Sentence, Tokens];
        infer.Outputs.AddRange(outputs.Select(name => new ModelInferRequest.Types.InferRequestedOutputTensor { Name = name }));
        _read = _read with { Inputs = [] };
        return ValueTask.FromResult<IMessage>(infer);
    }

    public override void Write(IMessage answer, IHeaderDictionary headers, IBufferWriter<byte> body)
    {
        var response = (ModelInferResponse)answer;
        var count = (int)response.Outputs[0].Shape[0];
        var all = response.RawOutputContents[0].Span;
        var size = all.Length / count;
        // Images have no tokens.
        var tokens = _read.AreImages ? 0 : Sum(MemoryMarshal.Cast<byte, int>(response.RawOutputContents[1].Span));
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        for (var i = 0; i < count; i++)
        {
            json.WriteStartObject();
            json.WriteString("object", "embedding");
            json.WriteNumber("index", i);
            WriteEmbedding(all.Slice(i * size, size), json);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteString("model", Model);
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", tokens);
        json.WriteNumber("total_tokens", tokens);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    protected override string ParameterOf(string field) =>
        field.StartsWith("TEXT", StringComparison.Ordinal) ? $"input{field["TEXT".Length..]}"
        : field.StartsWith("IMAGE", StringComparison.Ordinal) ? $"input{field["IMAGE".Length..]}"
        : field;

    private void WriteEmbedding(ReadOnlySpan<byte> raw, Utf8JsonWriter json)
    {
        if (_read.EncodingFormat == Base64Encoding)
        {
            json.WriteBase64String("embedding", raw);
            return;
        }
        json.WriteStartArray("embedding");
        foreach (var number in MemoryMarshal.Cast<byte, float>(raw))
        {
            json.WriteNumberValue(number);
        }
        json.WriteEndArray();
    }

    private static int Sum(ReadOnlySpan<int> numbers)
    {
        var sum = 0;
        foreach (var number in numbers)
        {
            sum += number;
        }
        return sum;
    }
}
