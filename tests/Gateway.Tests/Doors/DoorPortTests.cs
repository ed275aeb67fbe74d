using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Gateway.Tests.Doors;

/// <summary>A gateway whose doors have a port of their own.</summary>
public sealed class DoorPortTests : IAsyncLifetime
{
    private RunningService _gateway = null!;
    private JsonClient _doors = null!;
    private JsonClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        _gateway = await RunningService.Start(GatewayApp.Create, null, "--Endpoints:Services:router=", "--Gateway:DoorPort=0");
        _doors = new JsonClient(_gateway.Doors);
        _http = new JsonClient(_gateway.Http);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _doors.Dispose();
        await _gateway.DisposeAsync();
    }

    [Fact]
    public void Ports_AreThree() =>
        Assert.Distinct([_gateway.Doors.Authority, _gateway.Http.Authority, _gateway.Address]);

    [Fact]
    public async Task Doors_AreThereAlone()
    {
        Assert.Equal(200, (await _doors.Get("/openapi.json")).Status);
        // The router does not run here, which is another answer than that of a path that does not exist.
        Assert.NotEqual(404, (await _doors.Get("/v1/experts")).Status);
        await AssertNothingAt(_http, "/openapi.json", "/docs", "/v1/experts", "/v2", "/medmoe.mesh.v1.RouterService/ListExperts", "/");
    }

    [Fact]
    public async Task HealthAndMetrics_AreNotBesideThem()
    {
        Assert.NotEqual(404, (await _http.Get("/healthz")).Status);
        Assert.Equal(200, (await _http.Get("/metrics")).Status);
        await AssertNothingAt(_doors, "/healthz", "/metrics");
    }

    private static async Task AssertNothingAt(JsonClient port, params string[] paths)
    {
        foreach (var path in paths)
        {
            Assert.Equal("no such path on this port", (await port.Get(path)).Detail(404, "NOT_FOUND"));
        }
    }
}
