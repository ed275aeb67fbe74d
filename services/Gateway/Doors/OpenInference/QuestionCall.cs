using System.Buffers;
using System.Text.Json;
using Google.Protobuf;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Wire;
using MedMoE.Mesh.Wire.Json;

namespace MedMoE.Mesh.Gateway.Doors.OpenInference;

/// <summary>A question about the server or a model: a request without a body.</summary>
internal sealed class QuestionCall(HttpRequest request, string method, IMessage question) : InferenceCall(request, method)
{
    public override ValueTask<IMessage> Read(ReadOnlyMemory<byte> message) =>
        message.IsEmpty ? ValueTask.FromResult(question) : throw new InvalidFieldException(ProtoJson.Body, "expected none");

    /// <summary>Clients look at the status alone; the protocol leaves open which one says "no".</summary>
    public override int StatusOf(IMessage answer) => answer is ServerReadyResponse { Ready: false } or ModelReadyResponse { Ready: false }
        ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;

    public override void Write(IMessage answer, IHeaderDictionary headers, IBufferWriter<byte> body)
    {
        using var json = new Utf8JsonWriter(body);
        if (answer is ServerMetadataResponse server)
        {
            // What this door adds to the router.
            server.Extensions.Add("binary_tensor_data");
        }
        // The protocol has the configuration itself, and not the message around it.
        ProtoNamesJson.Write(answer is ModelConfigResponse { Config: { } config } ? config : answer, json);
    }
}
