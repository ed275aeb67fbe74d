using System.Buffers;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Wire;
using MedMoE.Mesh.Wire.Json;

namespace MedMoE.Mesh.Gateway.Doors.Embeddings;

/// <summary>The models for embeddings: one. Its parts have no names here.</summary>
internal sealed class ModelsCall(HttpRequest request, string? name) : OpenAiCall(request, "ServerReady")
{
    public override ValueTask<IMessage> Read(ReadOnlyMemory<byte> message) =>
        !message.IsEmpty ? throw new InvalidFieldException(ProtoJson.Body, "expected none")
        : name is null or Model ? ValueTask.FromResult<IMessage>(new ServerReadyRequest())
        : throw new RpcException(new Status(StatusCode.NotFound, $"no such model; there is {Model}"));

    public override void Write(IMessage answer, IHeaderDictionary headers, IBufferWriter<byte> body)
    {
        using var json = new Utf8JsonWriter(body);
        if (name is not null)
        {
            WriteModel(json);
            return;
        }
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        WriteModel(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id", Model);
        json.WriteString("object", "model");
        // The contract wants seconds since 1970; a bundle does not say when it was made.
        json.WriteNumber("created", 0);
        json.WriteString("owned_by", Model);
        json.WriteEndObject();
    }
}
