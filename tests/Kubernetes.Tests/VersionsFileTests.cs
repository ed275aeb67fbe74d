using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>A real gateway and a router of each version, as their pods are; the page's versions are exchanged as Kubernetes does it.</summary>
public sealed class VersionsFileTests : IDisposable
{
    private const string First = "medmoe-demo/1";
    private const string Second = "medmoe-demo/2";

    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _node = new();
    private readonly CertificateAuthority _authority = new("medmoe-mesh");

    public void Dispose()
    {
        _authority.Dispose();
        _node.Dispose();
    }

    [Fact]
    public async Task Gateway_TakesTheVersionsOfThePageWhileItRuns()
    {
        var overlay = await Own("deploy");
        using var first = await Router(overlay, "router", BundleTests.Demo.Root);
        using var second = await Router(overlay, "router-candidate", await SecondBundle());
        Dictionary<string, byte[]> File(string versions) => new()
        {
            ["versions.json"] = Encoding.UTF8.GetBytes(versions
                .Replace("dns:///router-candidate:8080", second.Grpc, StringComparison.Ordinal)
                .Replace("dns:///expert-ct-candidate:8080", "", StringComparison.Ordinal)),
        };
        var pod = new PodProcess(overlay, "gateway", _node["gateway"]);
        await MountedSecret.Mount(pod.FolderOf("tls-gateway"), MountedSecret.Issue(_authority, overlay.Certificates["gateway"]));
        await MountedSecret.Mount(
            pod.FolderOf("gateway"), new Dictionary<string, byte[]> { ["audit.key"] = RandomNumberGenerator.GetBytes(32) });
        var versions = await MountedSecret.Mount(pod.FolderOf("versions"), File(overlay.Versions));
        using var gateway = await ServiceProcess.StartBy(
            pod.Command, address => Open(address, "gateway", "gateway"), "Gateway", "Gateway:DoorPort=0", $"Endpoints:Services:router={first.Grpc}");
        using var client = Open(gateway.Grpc, "gateway", "gateway");

        // Without a weight it answers those that name it.
        await Patience.Until("the candidate", async () => await Ask(client, Second) == Second);
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Ask(client))), answer => Assert.Equal(First, answer));

        await versions.Exchange(File((await Own("weight")).Versions));
        await Patience.Until("an answer of the candidate", async () => await Ask(client) == Second);
        await Patience.Until("an answer of the present version", async () => await Ask(client) == First);

        // What cannot be used changes nothing.
        foreach (var (broken, fault) in new[]
        {
            ("{", "not JSON"), ("""{"Endpoints": {"Versoin": "medmoe-demo/3"}}""", "Endpoints:Versoin: there is no such setting"),
        })
        {
            await versions.Exchange(File(broken));
            await Patience.Until("a line of the log", () => gateway.Lines.Any(line =>
                line.Contains(fault, StringComparison.Ordinal) && line.Contains("the previous content stays in use", StringComparison.Ordinal)));
            Assert.Equal(Second, await Ask(client, Second));
        }

        await versions.Exchange(File((await Own("promotion")).Versions));
        await Patience.Until("the promotion", async () => await Ask(client, First) == nameof(StatusCode.NotFound));
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Ask(client))), answer => Assert.Equal(Second, answer));

        await versions.Exchange(File(overlay.Versions));
        await Patience.Until("the way back", async () => await Ask(client, First) == First);
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Ask(client))), answer => Assert.Equal(First, answer));
    }

    private static async Task<Overlay> Own(string state)
    {
        using var own = await OwnFolder.Make("candidate", "everybody", state);
        return await own.Build();
    }

    /// <summary>The demo bundle under another version.</summary>
    private async Task<string> SecondBundle()
    {
        var root = _node["bundle"];
        Assert.True(await Tool.Succeeds(_node.Path, ["cp", "-r", BundleTests.Demo.Root, root]));
        var manifest = Path.Combine(root, "medmoe.json");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("\"version\": \"1\"", "\"version\": \"2\"", StringComparison.Ordinal));
        return root;
    }

    /// <summary>Returns when it answers a caller that shows its own certificate: services accept routers of both versions.</summary>
    private async Task<ServiceProcess> Router(Overlay overlay, string name, string bundle)
    {
        var pod = new PodProcess(overlay, name, _node[name]) { Secrets = new Dictionary<string, string> { ["REDIS_PASSWORD"] = "of the test" } };
        await MountedSecret.Mount(pod.FolderOf($"tls-{name}"), MountedSecret.Issue(_authority, overlay.Certificates[name]));
        return await ServiceProcess.StartBy(
            pod.Command, address => Open(address, "router", name), "Router", $"Model:Bundle={bundle}", "Cache:Redis=");
    }

    /// <param name="address">HOST:PORT.</param>
    /// <param name="server">The name that its certificate must have.</param>
    /// <param name="caller">The pod whose certificate is shown.</param>
    private GrpcChannel Open(string address, string server, string caller)
    {
        var authority = Pem.Certificates(_node[caller, "tls", "ca.crt"]);
        var identity = Pem.Identity(_node[caller, "tls", "tls.crt"], _node[caller, "tls", "tls.key"]).TargetCertificate;
        var transport = MeshTransport.Tls(() => authority, () => identity);
        return GrpcChannel.ForAddress(
            $"https://{address}", new GrpcChannelOptions { HttpHandler = transport.Secure(new SocketsHttpHandler(), server) });
    }

    /// <returns>The version that answered, otherwise the status.</returns>
    private static async Task<string> Ask(GrpcChannel gateway, string? version = null)
    {
        Metadata headers = version is null ? [] : [new(VersionHeader.Name, VersionHeader.ValueOf(version))];
        using var call = new RouterService.RouterServiceClient(gateway).ListExpertsAsync(
            new ListExpertsRequest(), headers, DateTime.UtcNow + _patience, TestContext.Current.CancellationToken);
        try
        {
            await call.ResponseAsync;
            return (await call.ResponseHeadersAsync).GetValue(VersionHeader.Name)!;
        }
        catch (RpcException e)
        {
            return e.StatusCode.ToString();
        }
    }
}
