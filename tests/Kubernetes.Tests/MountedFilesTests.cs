using System.Net;
using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>A real gateway with the environment of its pod, and with its Secrets mounted as Kubernetes does it.</summary>
public sealed class MountedFilesTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _node = new();
    private readonly CertificateAuthority _authority = new("medmoe-mesh");

    public void Dispose()
    {
        _authority.Dispose();
        _node.Dispose();
    }

    [Fact]
    public async Task Gateway_TakesRenewedCertificatesAndChangedCallersWhileItRuns()
    {
        var overlay = await Overlay.Build("cpu");
        var pod = new PodProcess(overlay, "gateway", _node.Path);
        var certificate = overlay.Certificates["gateway"];
        var (old, renewed) = (MountedSecret.Issue(_authority, certificate), MountedSecret.Issue(_authority, certificate));
        var tls = await MountedSecret.Mount(pod.FolderOf("tls-gateway"), old);
        var key = await CreateKey();
        var secrets = await MountedSecret.Mount(pod.FolderOf("gateway"), Callers());
        await MountedSecret.Mount(pod.FolderOf("versions"), new Dictionary<string, byte[]>
        {
            ["versions.json"] = Encoding.UTF8.GetBytes(overlay.Versions),
        });

        using var gateway = await ServiceProcess.StartBy(
            pod.Command, address => Open(address, "gateway"), "Gateway", $"Serving:Address={new ServingOptions().Address}", "Gateway:DoorPort=0");
        var address = new Uri($"https://{gateway.Grpc}");

        // As the kubelet asks: by HTTPS, without a look at the certificate.
        using var kubelet = new HttpClient(new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true });
        var probed = overlay.Serving["gateway"].Containers.Single().ReadinessProbe.HttpGet.Path;
        Assert.Equal("Healthy", await kubelet.GetStringAsync($"https://{gateway.Http}{probed}", TestContext.Current.CancellationToken));
        // Clients reach the doors' port, and there only doors.
        foreach (var (path, status) in new[] { ("/metrics", HttpStatusCode.NotFound), ("/v1/experts", HttpStatusCode.Unauthorized) })
        {
            using var answer = await kubelet.GetAsync($"https://{gateway.Doors}{path}", TestContext.Current.CancellationToken);
            Assert.Equal(status, answer.StatusCode);
        }
        foreach (var name in certificate.DnsNames.Concat(certificate.IpAddresses))
        {
            using var client = Open(gateway.Grpc, name);
            Assert.Equal(StatusCode.Unauthenticated, await Ask(client, null));
            // Its key is known, but there is no router.
            Assert.Equal(StatusCode.Unavailable, await Ask(client, key));
        }
        static bool IsAudit(string line) => line.StartsWith("{\"audit\"", StringComparison.Ordinal) && line.Contains("\"caller clinic\"");
        await Patience.Until("a line of the audit", () => gateway.Lines.Any(IsAudit));
        // That it speaks without TLS, or to everybody.
        Assert.DoesNotContain(gateway.Lines, line => line.Contains("see Tls:", StringComparison.Ordinal) || line.Contains("see Access:"));

        Assert.Equal(MountedSecret.SerialOf(old), await Handshake.Shown(address));
        await tls.Exchange(renewed);
        await Patience.Until("the renewed certificate", async () => await Handshake.Shown(address) == MountedSecret.SerialOf(renewed));

        using var caller = Open(gateway.Grpc, "gateway");
        Assert.Equal(StatusCode.Unavailable, await Ask(caller, key));
        (await Tool.Run("Local", "key", "revoke", "clinic", "--file", _node["callers.json"])).AssertSucceeded();
        await secrets.Exchange(Callers());
        await Patience.Until("the end of a revoked key", async () => await Ask(caller, key) == StatusCode.Unauthenticated);
    }

    private async Task<string> CreateKey()
    {
        var created = await Tool.Run("Local", "key", "create", "clinic", "--file", _node["callers.json"]);
        created.AssertSucceeded();
        return created.Output.Trim();
    }

    private Dictionary<string, byte[]> Callers() => new()
    {
        ["callers.json"] = File.ReadAllBytes(_node["callers.json"]),
        ["audit.key"] = RandomNumberGenerator.GetBytes(32),
    };

    private GrpcChannel Open(string address, string name)
    {
        var authority = Pem.Certificates(_node["tls", "ca.crt"]);
        var transport = MeshTransport.Tls(() => authority, () => null);
        return GrpcChannel.ForAddress(
            $"https://{address}", new GrpcChannelOptions { HttpHandler = transport.Secure(new SocketsHttpHandler(), name) });
    }

    private static async Task<StatusCode> Ask(GrpcChannel gateway, string? key)
    {
        Metadata headers = key is null ? [] : [new(CallerHeaders.Authorization, $"{CallerHeaders.Bearer}{key}")];
        var call = new RouterService.RouterServiceClient(gateway).ListExpertsAsync(
            new ListExpertsRequest(), headers, DateTime.UtcNow + _patience, TestContext.Current.CancellationToken);
        return (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode;
    }
}
