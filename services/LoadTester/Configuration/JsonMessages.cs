using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Commands;

namespace MedMoE.Mesh.LoadTester.Configuration;

/// <summary>Messages in protobuf JSON, as in ghz's data and data-file: an object for one, an array for several.</summary>
internal static class JsonMessages
{
    // Go templates, which ghz fills in for each call.
    private const string Template = "{{";

    /// <exception cref="LoadException">No message, invalid JSON, or not a message of the type.</exception>
    public static IReadOnlyList<byte[]> ReadFile(string file, MessageDescriptor type)
    {
        try
        {
            return Read(JsonSerializer.SerializeToNode(JsonFile.Parse(file, CommandHost.ReadFile(file))), file, type);
        }
        catch (BundleException e)
        {
            throw new LoadException(e.Message);
        }
    }

    /// <exception cref="LoadException">No message, or not a message of the type.</exception>
    public static IReadOnlyList<byte[]> Read(JsonNode? data, string where, MessageDescriptor type)
    {
        var messages = (data as JsonArray)?.ToArray() ?? [data];
        return messages.Length == 0 ? throw new LoadException($"{where}: no messages")
            : [.. messages.Select((message, i) => Message(message, messages.Length == 1 ? where : $"{where}: message {i + 1}", type))];
    }

    private static byte[] Message(JsonNode? message, string where, MessageDescriptor type)
    {
        if (message is not JsonObject)
        {
            throw new LoadException($"{where}: not a JSON object");
        }
        var json = message.ToJsonString();
        if (json.Contains(Template, StringComparison.Ordinal))
        {
            throw new LoadException($"{where}: has a template ({Template}…), which only ghz supports; list the messages, or use binary-file");
        }
        try
        {
            return JsonParser.Default.Parse(json, type).ToByteArray();
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new LoadException($"{where}: not a {type.FullName}: {e.Message.ReplaceLineEndings(" ")}");
        }
    }
}
