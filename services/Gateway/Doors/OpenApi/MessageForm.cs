using Google.Protobuf.Reflection;
using MedMoE.Mesh.Gateway.Doors.OpenInference;
using MedMoE.Mesh.Wire.Json;

namespace MedMoE.Mesh.Gateway.Doors.OpenApi;

/// <summary>How a door writes messages in JSON.</summary>
internal sealed record MessageForm
{
    /// <summary>Protobuf's own mapping (<see cref="ProtoJson"/>).</summary>
    public static MessageForm Proto { get; } = new() { NameOf = field => field.JsonName };

    /// <summary>Triton's (<see cref="ProtoNamesJson"/>).</summary>
    public static MessageForm ProtoNames { get; } = new() { NameOf = field => field.Name, HasLongNumbers = true, Prefix = "Inference" };

    public required Func<FieldDescriptor, string> NameOf { get; init; }

    /// <summary>Whether 64-bit integers are numbers, not text.</summary>
    public bool HasLongNumbers { get; init; }

    /// <summary>Before the messages' names in the document: names are unique in a package of protos only.</summary>
    public string Prefix { get; init; } = "";
}
