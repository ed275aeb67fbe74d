using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;
using Current = Grpc.Reflection.V1;
using Old = Grpc.Reflection.V1Alpha;

namespace MedMoE.Mesh.Gateway.Tests.Routing;

/// <summary>Reflection, health and metrics of the gateway.</summary>
public sealed class ReflectionTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private static readonly string[] _services =
        [.. new[]
        {
            RouterService.Descriptor, GRPCInferenceService.Descriptor, BackboneService.Descriptor, TextEncoderService.Descriptor,
            ExpertService.Descriptor, ModelService.Descriptor,
        }.Select(s => s.FullName)];

    private static DateTime Deadline => DateTime.UtcNow + _patience;

    [Fact]
    public async Task Reflection_V1_TellsEveryService()
    {
        await using var gateway = await RunningService.Start(GatewayApp.Create, null);
        using var call = new Current.ServerReflection.ServerReflectionClient(gateway.Channel).ServerReflectionInfo(deadline: Deadline);
        async Task<Current.ServerReflectionResponse> Ask(Current.ServerReflectionRequest request)
        {
            await call.RequestStream.WriteAsync(request);
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            return call.ResponseStream.Current;
        }

        var listed = (await Ask(new() { ListServices = "" })).ListServicesResponse.Service.Select(s => s.Name);
        Assert.Superset(_services.ToHashSet(), listed.ToHashSet());
        Assert.NotEmpty(
            (await Ask(new() { FileContainingSymbol = "medmoe.mesh.v1.ExpertService.Localize" })).FileDescriptorResponse.FileDescriptorProto);
    }

    [Fact]
    public async Task Reflection_V1Alpha_TellsEveryService()
    {
        await using var gateway = await RunningService.Start(GatewayApp.Create, null);
        using var call = new Old.ServerReflection.ServerReflectionClient(gateway.Channel).ServerReflectionInfo(deadline: Deadline);
        async Task<Old.ServerReflectionResponse> Ask(Old.ServerReflectionRequest request)
        {
            await call.RequestStream.WriteAsync(request);
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            return call.ResponseStream.Current;
        }

        var listed = (await Ask(new() { ListServices = "" })).ListServicesResponse.Service.Select(s => s.Name);
        Assert.Superset(_services.ToHashSet(), listed.ToHashSet());
        Assert.NotEmpty((await Ask(new() { FileContainingSymbol = "medmoe.mesh.v1.AnalyzeRequest" })).FileDescriptorResponse.FileDescriptorProto);
    }

    [Fact]
    public async Task Health_Started_Serves()
    {
        await using var gateway = await RunningService.Start(GatewayApp.Create, null);
        using var watch = new Health.HealthClient(gateway.Channel).Watch(new HealthCheckRequest(), deadline: Deadline);
        do
        {
            Assert.True(await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        }
        while (watch.ResponseStream.Current.Status != HealthCheckResponse.Types.ServingStatus.Serving);
    }

    [Fact]
    public async Task Health_OfAServiceBehind_FollowsItsReplicas()
    {
        await using var router = await RunningService.Start(EchoRouter.Create, null);
        await using var gateway = await RunningService.Start(
            GatewayApp.Create, null,
            $"--Endpoints:Services:router={router.Address}", "--Endpoints:Services:backbone=", "--Gateway:HealthInterval=00:00:00.1");
        var health = new Health.HealthClient(gateway.Channel);
        using var watch = health.Watch(new HealthCheckRequest { Service = RouterService.Descriptor.FullName }, deadline: Deadline);
        async Task Until(HealthCheckResponse.Types.ServingStatus status)
        {
            do
            {
                Assert.True(await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            }
            while (watch.ResponseStream.Current.Status != status);
        }
        await Until(HealthCheckResponse.Types.ServingStatus.Serving);

        await router.Stop();

        await Until(HealthCheckResponse.Types.ServingStatus.NotServing);
        var backbone = await health.CheckAsync(new HealthCheckRequest { Service = BackboneService.Descriptor.FullName }, deadline: Deadline);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, backbone.Status);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await health.CheckAsync(new HealthCheckRequest(), deadline: Deadline)).Status);
    }

    [Fact]
    public async Task Metrics_BeforeTheFirstCall_ShowEveryMethod()
    {
        await using var gateway = await RunningService.Start(GatewayApp.Create, null, "--Endpoints:Services:router=");
        await gateway.Ready();

        var metrics = await ServiceMetric.Read(gateway.Http.Authority);

        Assert.Contains(metrics, m => m.Name == "medmoe_requests" && m.Tags.Contains("BackboneService/ExtractPyramid", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metrics_AfterACall_CountIt()
    {
        // A separate process: services of one process share a meter.
        using var gateway = await ServiceProcess.Start("Gateway", null, "Endpoints:Services:router=");
        using var channel = GrpcChannel.ForAddress($"http://{gateway.Grpc}");
        await Assert.ThrowsAsync<RpcException>(() =>
            new RouterService.RouterServiceClient(channel).EmbedImageAsync(new EmbedImageRequest(), deadline: Deadline).ResponseAsync);

        var count = Assert.Single(
            await ServiceMetric.Read(gateway.Http), m => m.Name == "medmoe_requests" && m.Tags.Contains("EmbedImage", StringComparison.Ordinal));

        // 1 if the gateway has not finished the call; -1 if only its end were counted.
        Assert.Contains(count.Value, new[] { 0.0, 1 });
    }

    [Fact]
    public void Dependencies_OfTheGateway_HaveNoTorch()
    {
        var dependencies = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "MedMoE.Mesh.Gateway.deps.json"));
        Assert.Contains("Yarp.ReverseProxy", dependencies);
        Assert.DoesNotContain("torch", dependencies, StringComparison.OrdinalIgnoreCase);
    }
}
