using System.Text.Json;
using System.Text.Json.Nodes;
using MedMoE.Mesh.Serving.Access;

namespace MedMoE.Mesh.Gateway.Tests.Access;

/// <summary>A file of callers, each with the key "key of NAME".</summary>
internal sealed class CallersFile : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CallersFile(params JsonObject[] callers) => Write(callers);

    public string Path => _folder["callers.json"];

    public static string KeyOf(string name) => $"key-of-{name}-0123456789";

    public static JsonObject Caller(string name, params string[] rights) => new()
    {
        ["name"] = name,
        ["sha256"] = CallerList.DigestOf(KeyOf(name)),
        ["rights"] = JsonSerializer.SerializeToNode(rights),
    };

    public void Write(params JsonObject[] callers) =>
        File.WriteAllText(Path, new JsonObject { ["callers"] = new JsonArray([.. callers]) }.ToJsonString());

    public void WriteText(string text) => File.WriteAllText(Path, text);

    public void Dispose() => _folder.Dispose();
}
