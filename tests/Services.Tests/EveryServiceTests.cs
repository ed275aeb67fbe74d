using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1;
using MedMoE.Mesh.Orca;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.Serving.Load;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Services.Tests;

/// <summary>Behaviour of every service of the mesh.</summary>
public sealed class EveryServiceTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Service_TellsHealthContractAndMetrics()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var services = new Dictionary<string, RunningService>
        {
            [RouterService.Descriptor.FullName] = mesh.Router,
            [BackboneService.Descriptor.FullName] = mesh.Backbone,
            [TextEncoderService.Descriptor.FullName] = mesh.TextEncoder,
            [ExpertService.Descriptor.FullName] = mesh.Experts["ct"],
        };
        await mesh.Client.AnalyzeAsync(
            new AnalyzeRequest { Image = Samples.Fresh(), Report = "mass", Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = "ct" } },
            deadline: DateTime.UtcNow + _patience);
        using var http = new HttpClient();
        foreach (var (name, service) in services)
        {
            var health = await new Health.HealthClient(service.Channel).CheckAsync(new HealthCheckRequest(), deadline: DateTime.UtcNow + _patience);
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
            var named = await new Health.HealthClient(service.Channel).CheckAsync(
                new HealthCheckRequest { Service = name }, deadline: DateTime.UtcNow + _patience);
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, named.Status);
            Assert.Equal("Healthy", await http.GetStringAsync(new Uri(service.Http, "/healthz"), TestContext.Current.CancellationToken));
            Assert.Contains(
                "medmoe_request_duration_seconds_bucket",
                await http.GetStringAsync(new Uri(service.Http, "/metrics"), TestContext.Current.CancellationToken));
            using var reflection = new ServerReflection.ServerReflectionClient(service.Channel)
                .ServerReflectionInfo(deadline: DateTime.UtcNow + _patience);
            await reflection.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" }, TestContext.Current.CancellationToken);
            Assert.True(await reflection.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.Contains(name, reflection.ResponseStream.Current.ListServicesResponse.Service.Select(s => s.Name));
        }
    }

    [Fact]
    public async Task Service_ReportsItsLoad_InAnswersAndBesides()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        await mesh.Client.AnalyzeAsync(
            new AnalyzeRequest { Image = Samples.Fresh(), Report = "mass", Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = "ct" } },
            deadline: DateTime.UtcNow + _patience);
        foreach (var service in new[] { mesh.Gateway, mesh.Router, mesh.Backbone, mesh.TextEncoder, mesh.Experts["ct"] })
        {
            using var reports = new OpenRcaService.OpenRcaServiceClient(service.Channel).StreamCoreMetrics(
                new OrcaLoadReportRequest { ReportInterval = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(100)) },
                deadline: DateTime.UtcNow + _patience);
            for (var i = 0; i < 2; i++)
            {
                Assert.True(await reports.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
                Assert.InRange(reports.ResponseStream.Current.RpsFractional, 1e-6, 10);
                Assert.InRange(reports.ResponseStream.Current.ApplicationUtilization, 1e-6, 1);
            }
            service.BeginStopping();
            var e = await Assert.ThrowsAsync<RpcException>(async () =>
            {
                while (await reports.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
                {
                }
            });
            Assert.Equal((StatusCode.Unavailable, "the service is stopping"), (e.StatusCode, e.Status.Detail));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answer_AlsoOfAFailedCall_HasTheLoadOfTheServiceThatWasCalled(bool fails)
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        await mesh.Client.EmbedTextAsync(new EmbedTextRequest { Texts = { "mass" } }, deadline: DateTime.UtcNow + _patience);
        using var call = mesh.Client.EmbedTextAsync(
            new EmbedTextRequest { Texts = { fails ? "" : "mass" } }, deadline: DateTime.UtcNow + _patience);
        await Record.ExceptionAsync(() => call.ResponseAsync);

        Assert.Equal(fails ? StatusCode.InvalidArgument : StatusCode.OK, call.GetStatus().StatusCode);
        var report = OrcaLoadReport.Parser.ParseFrom(Assert.Single(call.GetTrailers(), field => field.Key == LoadReports.Trailer).ValueBytes);
        // Once: the router's report stays at the gateway. Of the start of the call, which is counted.
        Assert.Equal(1, report.NamedMetrics["running"]);
        Assert.InRange(report.RpsFractional, 1e-6, 1);
    }

    [Fact]
    public async Task Health_BeforeTheWarmUpRun_DoesNotServe()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        // A complete service whose model is never warmed up.
        var held = new HeldBackbone(mesh.Backbone.Channel);
        await using var cold = await RunningService.Start(
            HeldBackbone.Create(held, mesh.Backbone.Get<IServedModel>().Info, warm: false), mesh.Files.Root);
        var health = await new Health.HealthClient(cold.Channel).CheckAsync(new HealthCheckRequest(), deadline: DateTime.UtcNow + _patience);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, health.Status);
        using var http = new HttpClient();
        var answer = await http.GetAsync(new Uri(cold.Http, "/healthz"), TestContext.Current.CancellationToken);
        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    [Fact]
    public async Task Service_Stopping_RefusesCallsAndStillTellsItsHealth()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        // As between SIGTERM and the end of the last connection.
        mesh.TextEncoder.Get<Readiness>().Stopping();

        var e = await Assert.ThrowsAsync<RpcException>(() => new TextEncoderService.TextEncoderServiceClient(mesh.TextEncoder.Channel)
            .EncodeAsync(new EncodeRequest { Texts = { "mass" } }, deadline: DateTime.UtcNow + _patience).ResponseAsync);

        Assert.Equal((StatusCode.Unavailable, "the service is stopping"), (e.StatusCode, e.Status.Detail));
        var health = await new Health.HealthClient(mesh.TextEncoder.Channel).CheckAsync(
            new HealthCheckRequest(), deadline: DateTime.UtcNow + _patience);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, health.Status);
    }

    [Theory]
    [InlineData("router")]
    [InlineData("expert")]
    public async Task Service_Stops_IdleStreamsOfEveryKindAreTold(string which)
    {
        // Idle until the service stops.
        await using var mesh = await RunningMesh.Start(new MeshPlan { Experts = ["Expert:MessageTimeout=01:00:00"] });
        var service = which == "router" ? mesh.Router : mesh.Experts["ct"];
        var deadline = DateTime.UtcNow + _patience;
        using var watch = new Health.HealthClient(service.Channel).Watch(new HealthCheckRequest(), deadline: deadline);
        Assert.True(await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        using var reflection = new ServerReflection.ServerReflectionClient(service.Channel).ServerReflectionInfo(deadline: deadline);
        await reflection.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" }, TestContext.Current.CancellationToken);
        Assert.True(await reflection.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        using var calls = new MetricSums("medmoe.requests");
        using var analyze = new RouterService.RouterServiceClient(service.Channel).AnalyzeStream(deadline: deadline);
        using var localize = new ExpertService.ExpertServiceClient(service.Channel).Localize(deadline: deadline);
        Func<Task> idle = which == "router" ? () => analyze.ResponseStream.MoveNext(CancellationToken.None) : () => localize.ResponseAsync;
        await calls.Reached(
            which == "router" ? "/medmoe.mesh.v1.RouterService/AnalyzeStream" : "/medmoe.mesh.v1.ExpertService/Localize", 1, _patience);

        var stop = service.Stop();

        async Task Watched()
        {
            while (await watch.ResponseStream.MoveNext(CancellationToken.None))
            {
                // NOT_SERVING comes first.
            }
        }
        foreach (var ended in new[] { Watched, () => reflection.ResponseStream.MoveNext(CancellationToken.None), idle })
        {
            var e = await Assert.ThrowsAsync<RpcException>(ended);
            Assert.Equal((StatusCode.Unavailable, "the service is stopping"), (e.StatusCode, e.Status.Detail));
        }
        // Well before Serving:ShutdownTimeout.
        await stop.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Metrics_BeforeTheFirstCall_ShowTheMethodsThatAreServed()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());

        var router = await ServiceMetric.Read(mesh.Router.Http.Authority);

        Assert.Contains(router, m => m.Name == "medmoe_requests" && m.Tags.Contains("RouterService/Classify", StringComparison.Ordinal));
        Assert.Contains(router, m => m.Name == "medmoe_expert_requests_total" && m.Tags.Contains("ct", StringComparison.Ordinal));
    }
}
