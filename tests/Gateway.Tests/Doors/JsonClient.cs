using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Gateway.Tests.Doors;

/// <summary>Sends requests to a gateway's doors, or to another port.</summary>
internal sealed class JsonClient(Uri address) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = address };

    public JsonClient(RunningService gateway)
        : this(gateway.Doors)
    {
    }

    public async Task<JsonAnswer> Send(HttpMethod verb, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(verb, path) { Content = content };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return new JsonAnswer(
            (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType,
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            response.Headers.Concat(response.Content.Headers)
                .ToDictionary(header => header.Key, header => string.Join(",", header.Value), StringComparer.OrdinalIgnoreCase));
    }

    public Task<JsonAnswer> Post(string path, string json, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Post, path, Json(json), headers);

    public Task<JsonAnswer> Get(string path, params (string Name, string Value)[] headers) => Send(HttpMethod.Get, path, null, headers);

    public static StringContent Json(string text, string type = "application/json") => new(text, Encoding.UTF8, type);

    /// <summary>A request with an image in base64.</summary>
    public static string Image(ReadOnlySpan<byte> image) => $$$"""{"image": {"encoded": "{{{Convert.ToBase64String(image)}}}"}}""";

    public void Dispose() => _http.Dispose();
}

internal sealed record JsonAnswer(int Status, string? Type, string Text, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public IReadOnlyList<JsonElement> Lines =>
        [.. Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>Checks that it is a problem, and returns it.</summary>
    public JsonObject Problem(int status, string code)
    {
        Assert.Equal((status, "application/problem+json"), (Status, Type));
        var problem = JsonNode.Parse(Text)!.AsObject();
        Assert.Equal((status, code, "about:blank"), ((int)problem["status"]!, (string?)problem["code"], (string?)problem["type"]));
        return problem;
    }

    public string Detail(int status, string code) => (string)Problem(status, code)["detail"]!;
}
