using System.Buffers;
using System.Text.Json;
using Google.Protobuf;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Wire.Json;

namespace MedMoE.Mesh.Gateway.Doors.OpenInference;

/// <summary>The list of models. Clients send an empty body, or an object with <c>ready</c>.</summary>
internal sealed class IndexCall(HttpRequest request) : InferenceCall(request, "RepositoryIndex")
{
    public override ValueTask<IMessage> Read(ReadOnlyMemory<byte> message) => ValueTask.FromResult(
        message.IsEmpty ? new RepositoryIndexRequest() : ProtoJson.Read(message, RepositoryIndexRequest.Descriptor));

    public override void Write(IMessage answer, IHeaderDictionary headers, IBufferWriter<byte> body)
    {
        using var json = new Utf8JsonWriter(body);
        json.WriteStartArray();
        foreach (var model in ((RepositoryIndexResponse)answer).Models)
        {
            ProtoNamesJson.Write(model, json);
        }
        json.WriteEndArray();
    }
}
