using System.Buffers;
using System.Globalization;
using System.Net.Mime;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Wire;
using Microsoft.Net.Http.Headers;

namespace MedMoE.Mesh.Gateway.Doors.OpenInference;

/// <summary>
/// An inference: JSON, and after it the binary data of tensors, whose sizes the JSON gives. The header <see cref="JsonLength"/> says where they
/// begin.
/// </summary>
internal sealed class InferCall(HttpRequest request, string model, string version) : InferenceCall(request, "ModelInfer")
{
    /// <summary>Bytes of JSON before the binary data (the protocol's binary tensor data extension).</summary>
    public const string JsonLength = "inference-header-content-length";

    private RequestedForms _forms = new(IsBinary: false, []);
    private int? _jsonLength;

    public override void CheckHead()
    {
        if (Request.Headers.ContentEncoding.Count > 0
            || (Request.ContentType is { } given && !(MediaTypeHeaderValue.TryParse(given, out var type) && IsKnown(type))))
        {
            throw new DoorException(new Problem(
                StatusCode.InvalidArgument, "content-type: expected application/json, or application/octet-stream with binary data, not encoded")
            {
                HttpStatus = StatusCodes.Status415UnsupportedMediaType,
            });
        }
        _jsonLength = Request.Headers.TryGetValue(JsonLength, out var length) ? Length(length.ToString()) : null;

        int Length(string text) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && !(bytes > Request.ContentLength) ? bytes
            : throw new DoorException(
                new Problem(StatusCode.InvalidArgument, $"{JsonLength}: expected a number of bytes, at most those of the body"));
    }

    public override ValueTask<IMessage> Read(ReadOnlyMemory<byte> message)
    {
        var length = _jsonLength ?? message.Length;
        if (length > message.Length)
        {
            throw new InvalidFieldException(JsonLength, $"is {length}, and the body has {message.Length} bytes");
        }
        var infer = InferRequestReader.Read(message.Span[..length], message.Span[length..], out _forms);
        (infer.ModelName, infer.ModelVersion) = (model, version);
        return ValueTask.FromResult<IMessage>(infer);
    }

    public override void Write(IMessage answer, IHeaderDictionary headers, IBufferWriter<byte> body)
    {
        var response = (ModelInferResponse)answer;
        using (var json = new Utf8JsonWriter(body))
        {
            InferAnswerWriter.Write(response, _forms, json);
            json.Flush();
            if (response.Outputs.Any(output => _forms.IsBinaryOf(output.Name)))
            {
                headers.ContentType = MediaTypeNames.Application.Octet;
                headers[JsonLength] = json.BytesCommitted.ToString(CultureInfo.InvariantCulture);
            }
        }
        foreach (var (output, raw) in response.Outputs.Zip(response.RawOutputContents).Where(pair => _forms.IsBinaryOf(pair.First.Name)))
        {
            body.Write(raw.Span);
        }
    }

    private static bool IsKnown(MediaTypeHeaderValue type) =>
        type.MediaType.Equals(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase)
        || type.MediaType.Equals(MediaTypeNames.Application.Octet, StringComparison.OrdinalIgnoreCase);
}

/// <summary>In which form a request wants outputs.</summary>
/// <param name="IsBinary">Those it does not name.</param>
/// <param name="Named">Those it names.</param>
internal sealed record RequestedForms(bool IsBinary, Dictionary<string, bool> Named)
{
    public bool IsBinaryOf(string output) => Named.GetValueOrDefault(output, IsBinary);
}
