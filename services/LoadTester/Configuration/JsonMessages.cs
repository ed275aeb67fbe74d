using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Commands;

namespace MedMoE.Mesh.LoadTester.Configuration;

/// <summary>Messages as ghz's data and data-file have them: an object for one, an array for several, in protobuf's JSON.</summary>
internal static class JsonMessages
{
    // Go's templates, which ghz fills for each call.
    private const string Template = "{{";

    /// <exception cref="LoadException">There is none, the file is no JSON, or something is no such message.</exception>
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

    /// <param name="data">The messages.</param>
    /// <param name="where">Where they stand, for whoever has to mend them.</param>
    /// <param name="type">What each must be.</param>
    /// <exception cref="LoadException">There is none, or something is no such message.</exception>
    public static IReadOnlyList<byte[]> Read(JsonNode? data, string where, MessageDescriptor type)
    {
        var messages = (data as JsonArray)?.ToArray() ?? [data];
        return messages.Length == 0 ? throw new LoadException($"{where}: no message")
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
            throw new LoadException($"{where}: has a template ({Template}…), which only ghz fills; list the messages, or use binary-file");
        }
        try
        {
            return JsonParser.Default.Parse(json, type).ToByteArray();
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new LoadException($"{where}: no {type.FullName}: {e.Message.ReplaceLineEndings(" ")}");
        }
    }
}
