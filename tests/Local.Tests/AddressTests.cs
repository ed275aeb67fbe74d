using Grpc.Net.Client;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Local.Tests;

/// <summary>A mesh on other addresses than IPv4's loopback.</summary>
public sealed class AddressTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _runtime = new();

    public void Dispose() => _runtime.Dispose();

    /// <summary>The addresses that services exchange, and those shown to users, can all be called.</summary>
    [Theory]
    [InlineData("::1", "[::1]")]
    [InlineData("::", "127.0.0.1")]
    [InlineData("0.0.0.0", "127.0.0.1")]
    public async Task Up_ToldTheAddress_ServesThere(string address, string host)
    {
        Assert.SkipUnless(Ipv6.IsThere, Ipv6.Missing);
        var (mesh, gateway) = await LocalProcess.UpWhole(_runtime, "--set", $"Serving:Address={address}");
        using var own = mesh;
        Assert.All(mesh.Table.SelectMany(row => new[] { row.Grpc, row.Http }).Append(gateway), reached => Assert.StartsWith($"{host}:", reached));
        using var endpoints = new EndpointsWatch(mesh.Folder);
        Assert.Equal(mesh.Table.Where(row => row.Service == "backbone").Select(row => row.Grpc), endpoints.Replicas("backbone"));

        await Analyze(gateway);
        if (address == "::")
        {
            await Analyze($"[::1]:{new Uri($"http://{gateway}").Port}");
        }
        var analysis = await Tool.Analyze("--image", Golden.PathOf("preprocessing", "gray8_512x640.png"), "--server", gateway);
        Assert.True(analysis.ExitCode == 0, analysis.Error);
        using var scale = LocalProcess.Run(_runtime, "scale", "ct=2");
        Assert.Equal(0, await scale.ExitCode());
        Assert.Equal(2, scale.Table.Count(row => row.Service == "expert-ct"));
    }

    private static async Task Analyze(string gateway)
    {
        using var channel = GrpcChannel.ForAddress($"http://{gateway}");
        var request = new AnalyzeRequest { Image = MeshLoad.FreshImage(), Report = "small nodule" };
        Assert.NotNull((await new RouterService.RouterServiceClient(channel).AnalyzeAsync(request, deadline: DateTime.UtcNow + _patience)).Report);
    }
}
