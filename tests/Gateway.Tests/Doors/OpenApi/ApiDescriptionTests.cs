using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using MedMoE.Mesh.Gateway.Tests.Access;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Gateway.Tests.Doors.OpenApi;

/// <summary>A gateway that knows its callers, and requests without a key.</summary>
public sealed partial class ApiDescriptionTests : IAsyncLifetime
{
    private readonly CallersFile _callers = new(CallersFile.Caller("clinic", "infer"));
    private RunningService _gateway = null!;
    private HttpClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        _gateway = await RunningService.Start(GatewayApp.Create, null, $"--Access:Callers={_callers.Path}");
        _http = new HttpClient { BaseAddress = _gateway.Http };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _gateway.DisposeAsync();
        _callers.Dispose();
    }

    [Fact]
    public async Task Document_WithoutAKey_IsThere()
    {
        using var answer = await _http.GetAsync("/openapi.json");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.StartsWith("3.1.", document.RootElement.GetProperty("openapi").GetString());
    }

    [Fact]
    public async Task Page_WithoutAKey_LoadsAllFromTheGateway()
    {
        using var answer = await _http.GetAsync("/docs/");
        var page = await answer.Content.ReadAsStringAsync();
        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("openapi.json", page);
        Assert.StartsWith("default-src 'self'; ", Assert.Single(answer.Headers.GetValues("content-security-policy")));
        var loaded = Sources().Matches(page).Select(match => match.Groups[1].Value).ToArray();
        Assert.NotEmpty(loaded);
        Assert.All(loaded, source => Assert.DoesNotContain("//", source));
        foreach (var source in loaded)
        {
            using var file = await _http.GetAsync(new Uri(new Uri(_gateway.Http, "/docs/"), source));
            Assert.Equal((source, HttpStatusCode.OK), (source, file.StatusCode));
        }
    }

    [GeneratedRegex("(?:src|href)=\"([^\"]+)\"")]
    private static partial Regex Sources();
}
