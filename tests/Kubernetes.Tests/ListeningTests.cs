using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Serving.Settings;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>Pods have IPv6 addresses, IPv4 addresses or both, and are probed at any of them.</summary>
public sealed class ListeningTests
{
    private static readonly string[] _settings = [$"Serving:Address={new ServingOptions().Address}", $"Model:Bundle={BundleTests.Demo.Root}"];

    [Fact]
    public async Task DefaultAddress_IsReachedByBothFamilies()
    {
        Assert.SkipUnless(Ipv6.IsThere, Ipv6.Missing);
        using var router = await ServiceProcess.Start("Router", null, _settings);
        var port = new Uri($"http://{router.Http}").Port;
        Assert.All(await Task.WhenAll(Health($"127.0.0.1:{port}"), Health($"[::1]:{port}")), health => Assert.Equal("Healthy", health));
    }

    [Fact]
    public async Task DefaultAddress_WithoutIpv6_IsThatOfIpv4()
    {
        Assert.SkipUnless(Ipv6.CanBeWithout, Ipv6.NotWithout);
        // Start returns when the service reports SERVING over gRPC.
        using var router = await ServiceProcess.StartBy(Ipv6.Without, "Router", _settings);
        Assert.Contains(router.Lines, line => line.Contains("listening grpc=0.0.0.0:", StringComparison.Ordinal));
        Assert.Equal("Healthy", await Health($"127.0.0.1:{new Uri($"http://{router.Http}").Port}"));
    }

    /// <summary>Whatever the code's default, pods must listen on both families.</summary>
    [Fact]
    public async Task Overlays_LeaveTheAddressToTheDefault()
    {
        var containers = (await Overlay.Build("cpu")).Deployments.Select(d => d.Spec.Template.Spec.Containers[0]);
        Assert.DoesNotContain(containers.SelectMany(c => c.Env), e => e.Name == "Serving__Address");
    }

    private static async Task<string> Health(string http)
    {
        using var client = new HttpClient();
        return await client.GetStringAsync($"http://{http}/healthz", TestContext.Current.CancellationToken);
    }
}
