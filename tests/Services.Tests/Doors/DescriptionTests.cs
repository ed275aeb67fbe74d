using System.Text;
using System.Text.Json;

namespace MedMoE.Mesh.Services.Tests.Doors;

/// <summary>Every request of the gateway's OpenAPI document, sent as its example is there.</summary>
public sealed class DescriptionTests(DoorMesh mesh) : IClassFixture<DoorMesh>
{
    [Fact]
    public async Task Examples_AreAnsweredAsDescribed()
    {
        var document = await DoorMesh.Json(mesh.Get("/openapi.json"));
        var described = new DescribedAnswers(document);
        var (faults, sent) = (new List<string>(), 0);
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var (verb, operation) in path.Value.EnumerateObject().Select(entry => (entry.Name, entry.Value)))
            {
                var address = Filled(path.Name, operation, described);
                // The levels, which it needs, come from a backbone.
                var status = path.Name.EndsWith("/localize", StringComparison.Ordinal) ? 400 : 200;
                foreach (var (type, body) in Examples(operation))
                {
                    using var answer = await (verb == "get" ? mesh.Get(address) : mesh.Post(address, body, type));
                    var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
                    sent++;
                    if (status != (int)answer.StatusCode)
                    {
                        faults.Add($"{verb} {address}: {(int)answer.StatusCode} {text}");
                        continue;
                    }
                    var content = described.Resolve(operation.GetProperty("responses").GetProperty($"{status}")).GetProperty("content");
                    var schema = content.GetProperty(answer.Content.Headers.ContentType!.MediaType!).GetProperty("schema");
                    // An answer is a line, or each of its lines is one.
                    faults.AddRange(text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                        .SelectMany(line => described.Faults(schema, JsonDocument.Parse(line).RootElement, $"{verb} {address}: ")));
                }
            }
        }
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.True(sent > 20, $"only {sent} requests were found");
    }

    /// <summary>The page to try requests sends a header that has an example, also one that a request need not have.</summary>
    [Fact]
    public async Task Headers_HaveNoExamples()
    {
        var parameters = (await DoorMesh.Json(mesh.Get("/openapi.json"))).GetProperty("components").GetProperty("parameters");
        var headers = parameters.EnumerateObject().Where(parameter => parameter.Value.GetProperty("in").GetString() == "header").ToArray();
        Assert.NotEmpty(headers);
        Assert.All(headers, header => Assert.False(header.Value.GetProperty("schema").TryGetProperty("examples", out _), header.Name));
    }

    /// <summary>The path with the examples of its parameters.</summary>
    private static string Filled(string path, JsonElement operation, DescribedAnswers described)
    {
        foreach (var parameter in operation.GetProperty("parameters").EnumerateArray().Select(described.Resolve))
        {
            if (parameter.GetProperty("in").GetString() == "path")
            {
                var example = parameter.GetProperty("schema").GetProperty("examples")[0].GetString();
                path = path.Replace($"{{{parameter.GetProperty("name").GetString()}}}", example, StringComparison.Ordinal);
            }
        }
        return path;
    }

    /// <summary>The bodies of an operation's examples; one that is empty if it takes none.</summary>
    private static IEnumerable<(string Type, byte[] Body)> Examples(JsonElement operation)
    {
        if (!operation.TryGetProperty("requestBody", out var body))
        {
            return [("application/json", [])];
        }
        return body.GetProperty("content").EnumerateObject().SelectMany(content => ExamplesOf(content.Value)
            // On one line, as a stream needs it.
            .Select(example => (content.Name, Encoding.UTF8.GetBytes(JsonSerializer.Serialize(example)))));
    }

    private static IEnumerable<JsonElement> ExamplesOf(JsonElement content) =>
        content.TryGetProperty("examples", out var named) ? named.EnumerateObject().Select(entry => entry.Value.GetProperty("value"))
        : content.TryGetProperty("example", out var one) ? [one]
        : [];
}
