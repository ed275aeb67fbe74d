using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using MedMoE.Mesh.Gateway.Tests.Access;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Gateway.Tests.Doors;

/// <summary>The HTTP port is for clients and for those who watch the mesh.</summary>
public sealed class DoorTlsTests : IAsyncLifetime
{
    private const string Public = "mesh.example.org";

    private readonly TestAuthority _mesh = new();
    private readonly TestAuthority _public = new("a public authority");
    private readonly TestAuthority _clients = new("an authority of clients");
    private readonly CallersFile _callers = new(new JsonObject
    {
        ["name"] = "ris",
        ["certificate"] = "CN=ris",
        ["rights"] = new JsonArray("read"),
    });

    private RunningService _router = null!;
    private RunningService _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        var (certificate, key) = _public.Write(Public);
        _router = await RunningService.Start(EchoRouter.Create, null, _mesh.SettingsOf("router"));
        string[] settings =
        [
            $"--Endpoints:Services:router={_router.Address}", $"--Access:Callers={_callers.Path}", $"--Tls:ClientAuthority={_clients.Path}",
            $"--Tls:PublicCertificate={certificate}", $"--Tls:PublicKey={key}", .. _mesh.SettingsOf("gateway"),
        ];
        _gateway = await RunningService.Start(GatewayApp.Create, null, settings);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _router.DisposeAsync();
        _mesh.Dispose();
        _public.Dispose();
        _clients.Dispose();
        _callers.Dispose();
    }

    [Theory]
    [InlineData(Public, true)]
    [InlineData("another.example.org", true)]
    [InlineData("gateway", false)]
    [InlineData("127.0.0.1", false)]
    public async Task Certificate_IsOfTheNameAskedFor(string name, bool isPublic)
    {
        var own = isPublic ? Pem.Certificates(_public.Write("x").Certificate) : Pem.Certificates(_mesh.Write("x").Certificate);
        Assert.Equal(own[0].Issuer, (await Handshake.Certificate(_gateway.Http, name)).Issuer);
    }

    [Fact]
    public async Task Caller_WithACertificate_IsKnownByIt()
    {
        var (certificate, key) = _clients.Write("ris");
        using var known = Connect(Pem.Identity(certificate, key).TargetCertificate);
        using var unknown = Connect(null);

        Assert.Empty((await known.GetFromJsonAsync<JsonObject>("/v1/experts", TestContext.Current.CancellationToken))!["experts"]!.AsArray());
        using var refused = await unknown.GetAsync(new Uri("/v1/experts", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    private HttpClient Connect(X509Certificate2? identity)
    {
        // By its address, and so the certificate of the mesh.
        var authorities = Pem.Certificates(_mesh.Path);
        return new HttpClient(MeshTransport.Tls(() => authorities, () => identity).Secure(new SocketsHttpHandler(), "gateway"))
        {
            BaseAddress = _gateway.Http,
        };
    }
}
