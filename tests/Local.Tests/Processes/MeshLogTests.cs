using System.Text.Json;
using MedMoE.Mesh.Local.Processes;

namespace MedMoE.Mesh.Local.Tests.Processes;

public sealed class MeshLogTests
{
    [Fact]
    public void Json_EveryLineIsAnObject_WhatIsForPeopleIsBeside()
    {
        using var output = new StringWriter();
        using var people = new StringWriter();
        Write(new MeshLog(output, colours: false, people));

        Assert.Equal("\nservice  replica\n\n", people.ToString());
        var lines = output.ToString().TrimEnd('\n').Split('\n').Select(line => JsonElement.Parse(line)).ToArray();
        Assert.Equal(["starting", "no JSON", "own", "ready gateway=127.0.0.1:1"], lines.Select(line => line.GetProperty("message").GetString()));
    }

    [Fact]
    public void Text_EverythingIsInOneStream()
    {
        using var output = new StringWriter();
        Write(new MeshLog(output, colours: false));

        var text = output.ToString();
        Assert.StartsWith("mesh | ", text);
        Assert.EndsWith(
            " information starting\nrouter/1 | no JSON\nrouter/1 | {\"message\":\"own\"}\n\nservice  replica\n\nready gateway=127.0.0.1:1\n", text);
    }

    private static void Write(MeshLog log)
    {
        log.Info("starting");
        log.Pass("router/1", "no JSON");
        log.Pass("router/1", """{"message":"own"}""");
        log.Write("\nservice  replica\n");
        log.Signal("ready gateway=127.0.0.1:1");
    }
}
