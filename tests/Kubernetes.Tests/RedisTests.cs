using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Grpc.Net.Client;
using k8s.Models;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Transport;
using StackExchange.Redis;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>A real Redis as the overlays run it, and a client as they configure the router.</summary>
public sealed class RedisTests : IAsyncLifetime
{
    private const string Password = "of+the/test";

    private readonly TemporaryFolder _node = new();
    private readonly CertificateAuthority _authority = new("medmoe-mesh");
    private Overlay _overlay = null!;
    private V1Container _container = null!;
    private MountedSecret _tls = null!;
    private Dictionary<string, byte[]> _shown = null!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        _overlay = await Overlay.Build("cpu");
        _container = _overlay.Serving["redis"].Containers.Single();
        _shown = Issue("redis");
        _tls = await MountedSecret.Mount(_node["tls"], _shown);
        await MountedSecret.Mount(_node["router", "tls"], Issue("router"));
        Directory.CreateDirectory(_node["socket"]);
    }

    public ValueTask DisposeAsync()
    {
        _authority.Dispose();
        _node.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Router_IsAnswered_AndNobodyWithoutItsCertificateAndPassword()
    {
        using var redis = await Start();
        Assert.True(await Ping(redis, Password, Router));
        Assert.False(await Ping(redis, Password, null));
        Assert.False(await Ping(redis, "another", Router));
        using var stranger = new CertificateAuthority("medmoe-mesh");
        await MountedSecret.Mount(_node["stranger", "tls"], MountedSecret.Issue(stranger, _overlay.Certificates["router"]));
        Assert.False(await Ping(redis, Password, Identity("stranger").TargetCertificate));
        Assert.False(await Ping(redis, Password, Router, options => options.Ssl = false));
        Assert.False(await Ping(redis, Password, Router, options => options.SslHost = "router"));
    }

    /// <summary>The service itself: by its own certificate, and with the mesh's authority for Redis's.</summary>
    [Fact]
    public async Task Router_WithTheEnvironmentOfItsPod_Connects()
    {
        using var redis = await Start();
        var pod = new PodProcess(_overlay, "router", _node["router"])
        {
            Secrets = new Dictionary<string, string> { ["REDIS_PASSWORD"] = Password },
            // The name redis, which this machine does not have.
            Change = value => value.Replace("redis:6379,", $"127.0.0.1:{redis.Port},sslHost=redis,", StringComparison.Ordinal),
        };
        var authority = Pem.Certificates(_node["router", "tls", "ca.crt"]);
        var transport = MeshTransport.Tls(() => authority, () => Router);
        GrpcChannel Open(string address) => GrpcChannel.ForAddress(
            $"https://{address}", new GrpcChannelOptions { HttpHandler = transport.Secure(new SocketsHttpHandler(), "router") });
        using var router = await ServiceProcess.StartBy(pod.Command, Open, "Router", $"Model:Bundle={BundleTests.Demo.Root}");
        using var caller = Open(router.Grpc);
        // The first call opens the cache. Nobody else connects by TCP; a connection has a name only after its password.
        await new RouterService.RouterServiceClient(caller).ListExpertsAsync(new ListExpertsRequest());
        await Patience.Until(
            "the router's connection", async () => Regex.IsMatch(await redis.Ask("client", "list"), @"addr=127\.0\.0\.1:.* name=\S"));
    }

    [Fact]
    public async Task Probes_SucceedWithThePasswordAlone()
    {
        using var redis = await Start();
        foreach (var probe in (V1Probe[])[_container.ReadinessProbe, _container.LivenessProbe])
        {
            var answer = await redis.Ask(probe);
            Assert.Equal((0, "PONG"), (answer.ExitCode, answer.Output.Trim().Split('\n')[^1]));
        }
        using var other = await RedisProcess.Start(_container, _node.Path, "another");
        Assert.NotEqual(0, (await redis.Ask(_container.ReadinessProbe)).ExitCode);
        Assert.NotEqual(0, (await redis.Ask(_container.LivenessProbe)).ExitCode);
    }

    [Fact]
    public async Task Certificate_Renewed_IsShownAfterTheNextProbe()
    {
        using var redis = await Start();
        await using var before = await Connect(redis, Password, Router);
        Assert.Equal(MountedSecret.SerialOf(_shown), await Shown(redis));
        var renewed = Issue("redis");
        await _tls.Exchange(renewed);
        // It reads its files only when the probe tells it to.
        Assert.Equal(MountedSecret.SerialOf(_shown), await Shown(redis));

        Assert.Equal(0, (await redis.Ask(_container.LivenessProbe)).ExitCode);

        Assert.Equal(MountedSecret.SerialOf(renewed), await Shown(redis));
        Assert.True(await Ping(redis, Password, Router));
        // The connection that was there goes on.
        await before.GetDatabase().PingAsync();
    }

    [Fact]
    public async Task Files_ThatCannotBeUsed_LeaveTheOldOnesAndARunningPod()
    {
        using var redis = await Start();
        var broken = Issue("redis");
        broken["tls.key"] = Issue("redis")["tls.key"];
        await _tls.Exchange(broken);

        Assert.Equal(0, (await redis.Ask(_container.LivenessProbe)).ExitCode);
        Assert.Equal(0, (await redis.Ask(_container.ReadinessProbe)).ExitCode);

        Assert.Equal(MountedSecret.SerialOf(_shown), await Shown(redis));
        Assert.True(await Ping(redis, Password, Router));
    }

    private X509Certificate2 Router => Identity("router").TargetCertificate;

    private Task<RedisProcess> Start() => RedisProcess.Start(_container, _node.Path, Password);

    private Dictionary<string, byte[]> Issue(string name) => MountedSecret.Issue(_authority, _overlay.Certificates[name]);

    private SslStreamCertificateContext Identity(string folder) => Pem.Identity(_node[folder, "tls", "tls.crt"], _node[folder, "tls", "tls.key"]);

    private Task<string> Shown(RedisProcess redis) => Handshake.Shown(new Uri($"https://127.0.0.1:{redis.Port}"), Identity("router"));

    private async Task<bool> Ping(RedisProcess redis, string password, X509Certificate2? identity, Action<ConfigurationOptions>? change = null)
    {
        try
        {
            await using var connection = await Connect(redis, password, identity, change);
            await connection.GetDatabase().PingAsync();
            return true;
        }
        catch (RedisConnectionException)
        {
            return false;
        }
    }

    /// <summary>Connects by the router's setting; only the address is this machine's.</summary>
    private async Task<ConnectionMultiplexer> Connect(
        RedisProcess redis, string password, X509Certificate2? identity, Action<ConfigurationOptions>? change = null)
    {
        var setting = _overlay.Deployment("router").Spec.Template.Spec.Containers[0].Env.Single(e => e.Name == "Cache__Redis").Value;
        var options = ConfigurationOptions.Parse(setting.Replace("$(REDIS_PASSWORD)", password, StringComparison.Ordinal));
        Assert.True(options.Ssl);
        // By default the name of the address.
        options.SslHost = options.SslHost;
        options.EndPoints.Clear();
        options.EndPoints.Add("127.0.0.1", redis.Port);
        options.ConnectRetry = 0;
        change?.Invoke(options);
        var authorities = Pem.Certificates(_node["router", "tls", "ca.crt"]);
        options.CertificateSelection += (_, _, _, _, _) => identity!;
        options.CertificateValidation += (_, certificate, chain, _) => Trust.IsServer(certificate, chain, authorities, options.SslHost!);
        return await ConnectionMultiplexer.ConnectAsync(options);
    }
}
