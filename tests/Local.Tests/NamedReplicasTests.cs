using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Local.Tests;

/// <summary>Experts scaled by the addresses of their DNS name, as with a headless Kubernetes service.</summary>
public sealed class NamedReplicasTests : IDisposable
{
    private const string Name = "expert-ct";
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _refresh = TimeSpan.FromSeconds(1);

    /// <summary>Timeout from a new address in DNS to the first call there: the refresh, and a reserve for a busy machine.</summary>
    private static readonly TimeSpan _refreshPatience = TimeSpan.FromSeconds(10);

    private readonly TemporaryFolder _runtime = new();
    private readonly GoldenBundle _bundle = new(Architecture.Paper);

    public void Dispose()
    {
        _bundle.Dispose();
        _runtime.Dispose();
    }

    [Fact]
    public async Task ExpertReplicas_ComeAndGoBehindAName_NoCallIsLostAndOthersDoNotNotice()
    {
        Assert.SkipUnless(PrivateNames.ArePossible, PrivateNames.Missing);
        using var names = new PrivateNames();
        var (mesh, _) = await LocalProcess.UpWhole(_runtime, "--bundle", _bundle.Root, "--replicas", "ct=0");
        using var own = mesh;
        using var first = await StartExpert("127.0.1.1", "0");
        var port = first.Grpc.Split(':')[1];
        names.Set(Name, "127.0.1.1");
        string Of(string service) => mesh.Table.Single(row => row.Service == service).Grpc;
        using var router = await ServiceProcess.Start(
            "Router", names, $"Model:Bundle={_bundle.Root}", $"Endpoints:Refresh={_refresh}", $"Endpoints:Services:backbone={Of("backbone")}",
            $"Endpoints:Services:text-encoder={Of("text-encoder")}",
            $"Endpoints:Services:expert-ct=dns:///{Name}:{port}", $"Endpoints:Services:expert-mri={Of("expert-mri")}");
        await using var ct = new MeshLoad(router.Grpc, 6, "ct", "small nodule");
        await using var mri = new MeshLoad(router.Grpc, 2, "mri", "small nodule");
        await Both(10);

        // A second replica gets its share of calls after the next refresh of the name.
        using var second = await StartExpert("127.0.1.2", port);
        names.Set(Name, "127.0.1.1", "127.0.1.2");
        await UntilAnswering(second);
        var before = await Answers(first, second);
        await ct.UntilMoreSucceeded(40);
        var after = await Answers(first, second);
        var share = (after.Second - before.Second) / (after.First - before.First + after.Second - before.Second);
        Assert.InRange(share, 0.3, 0.7);

        // The first one stops at the same time as it is removed from DNS: callers that still have its address use the other one.
        names.Set(Name, "127.0.1.2");
        await first.Stop();
        await Both(20);
        Assert.Empty(ct.Failures);

        // The last one stops: calls wait, and those for others do not.
        names.Set(Name);
        await second.Stop();
        using var channel = GrpcChannel.ForAddress($"http://{router.Grpc}");
        var waiting = Analyze(channel);
        await mri.UntilMoreSucceeded(10);
        Assert.False(waiting.IsCompleted);

        // One is started again, as when scaled up from zero.
        using var third = await StartExpert("127.0.1.3", port);
        names.Set(Name, "127.0.1.3");
        await waiting;
        await UntilAnswering(third);
        await Both(10);
        Assert.All(ct.Failures, failure => Assert.Equal(StatusCode.Unavailable, failure.StatusCode));
        Assert.Empty(mri.Failures);

        Task Both(int more) => Task.WhenAll(ct.UntilMoreSucceeded(more), mri.UntilMoreSucceeded(more));
    }

    private Task<ServiceProcess> StartExpert(string address, string port) => ServiceProcess.Start(
        "Expert", null, $"Model:Bundle={_bundle.Root}", "Expert:Name=ct", $"Serving:Address={address}", $"Serving:GrpcPort={port}");

    private static async Task<(double First, double Second)> Answers(ServiceProcess first, ServiceProcess second) =>
        (await ServiceMetric.Answered(first.Http, "Localize"), await ServiceMetric.Answered(second.Http, "Localize"));

    /// <summary>Calls until a replica has answered: there is no event for a refresh of the name.</summary>
    private static async Task UntilAnswering(ServiceProcess replica)
    {
        using var patience = new CancellationTokenSource(_refreshPatience);
        while (await ServiceMetric.Answered(replica.Http, "Localize") == 0)
        {
            Assert.False(
                patience.IsCancellationRequested,
                $"the new replica got no call within {_refreshPatience}, the name being looked up every {_refresh}");
        }
    }

    private static async Task Analyze(GrpcChannel channel) => await new RouterService.RouterServiceClient(channel).AnalyzeAsync(
        new AnalyzeRequest { Image = MeshLoad.FreshImage(), Report = "mass", Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = "ct" } },
        deadline: DateTime.UtcNow + _patience);
}
