using Grpc.Net.Client;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Local.Plan;
using MedMoE.Mesh.Local.Processes;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.Extensions.Time.Testing;
using static MedMoE.Mesh.ServicesUnderTest.Signals;

namespace MedMoE.Mesh.Local.Tests.Processes;

public sealed class SupervisorTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    // Even after a failed test: nothing advances its clock any more.
    private static readonly CancellationToken _atOnce = new(canceled: true);

    [Fact]
    public async Task Stop_WholeMesh_CallersBeforeThoseTheyCall()
    {
        using var folder = new TemporaryFolder();
        using var files = new GoldenBundle(Architecture.Paper);
        using var lines = new LineWriter();
        var options = new UpOptions { Bundle = files.Root, Only = ["text-encoder"] };
        // Any service can stand in for the others.
        var service = Plan(options, files, folder).Services[0];
        var plan = new MeshPlan(new MeshVersion(
            "a/1", [service, service with { Service = MeshService.Router }, service with { Service = new MeshService(ServiceCatalog.Gateway) }]));
        var supervisor = new Supervisor(plan, folder["endpoints.json"], new MeshLog(lines, colours: false), TimeProvider.System);
        await supervisor.Start(TestContext.Current.CancellationToken).WaitAsync(_patience);

        await supervisor.Stop(CancellationToken.None).WaitAsync(_patience);

        var order = new List<string>();
        while (order.Count < 3)
        {
            var line = await lines.Next(_patience);
            if (line.Contains("stopping: new calls are refused", StringComparison.Ordinal))
            {
                order.Add(line.Split(' ')[0]);
            }
        }
        Assert.Equal(["gateway/1", "router/1", "text-encoder/1"], order);
    }

    [Fact]
    public async Task Scale_ReplicaLeaves_StillAnswersThoseWhoHaveNotHeard()
    {
        using var folder = new TemporaryFolder();
        using var files = new GoldenBundle(Architecture.Paper);
        var time = new FakeTimeProvider();
        using var lines = new LineWriter();
        var options = new UpOptions { Bundle = files.Root, Only = ["text-encoder"], Replicas = "text-encoder=2" };
        var plan = Plan(options, files, folder);
        var supervisor = new Supervisor(plan, folder["endpoints.json"], new MeshLog(lines, colours: false), time);
        try
        {
            await supervisor.Start(TestContext.Current.CancellationToken).WaitAsync(_patience);
            using var endpoints = new EndpointsWatch(folder.Path);
            var leaving = supervisor.Status()[1];
            using var life = new LifeOf(leaving.Pid!.Value);

            var scale = supervisor.Scale(new Dictionary<ProcessSpec, int> { [plan.Services[0]] = 1 }, TestContext.Current.CancellationToken);

            await endpoints.Until(file => file.TextEncoders.Length == 1, "the leaving replica gone");
            using var channel = GrpcChannel.ForAddress($"http://{leaving.Listening!.Grpc}");
            var client = new TextEncoderService.TextEncoderServiceClient(channel);
            for (var call = 0; call < 10; call++)
            {
                Assert.Single(
                    (await client.EncodeAsync(new EncodeRequest { Texts = { "small nodule" } }, deadline: DateTime.UtcNow + _patience)).Texts);
            }
            Assert.False(scale.IsCompleted);
            time.Advance(TimeSpan.FromSeconds(1));
            await scale.WaitAsync(_patience);
            Assert.True(life.HasEnded);
        }
        finally
        {
            await supervisor.Stop(_atOnce);
        }
    }

    [Fact]
    public async Task Service_EndsCleanly_StartsAgainAtOnce()
    {
        using var folder = new TemporaryFolder();
        using var files = new GoldenBundle(Architecture.Paper);
        using var lines = new LineWriter();
        var options = new UpOptions { Bundle = files.Root, Only = ["gateway"] };
        var plan = Plan(options, files, folder);
        // The clock stands still: no wait would ever end.
        var supervisor = new Supervisor(
            plan, folder["endpoints.json"], new MeshLog(lines, colours: false), new FakeTimeProvider());
        try
        {
            await supervisor.Start(TestContext.Current.CancellationToken).WaitAsync(_patience);
            var before = Assert.Single(supervisor.Status());

            Assert.Equal(0, LocalProcess.Kill(before.Pid!.Value, SigTerm));
            string line;
            do
            {
                line = await lines.Next(_patience);
            }
            while (!line.StartsWith("mesh | ", StringComparison.Ordinal));

            Assert.EndsWith(" information gateway/1: ended with exit code 0; restarting", line);
            using var patience = new CancellationTokenSource(_patience);
            ReplicaStatus after;
            do
            {
                await Task.Yield();
                patience.Token.ThrowIfCancellationRequested();
                after = Assert.Single(supervisor.Status());
            }
            while (after.Listening is null || after.Pid == before.Pid);
            // On the same address, which clients know.
            Assert.Equal(before.Listening!.Grpc, after.Listening.Grpc);
        }
        finally
        {
            await supervisor.Stop(_atOnce);
        }
    }

    [Fact]
    public async Task Service_EndsAgainAndAgain_WaitsLongerEachTime()
    {
        using var folder = new TemporaryFolder();
        using var files = new GoldenBundle(Architecture.Paper);
        var time = new FakeTimeProvider();
        using var lines = new LineWriter();
        var options = new UpOptions { Bundle = files.Root, Only = ["text-encoder"] };
        var plan = Plan(options, files, folder);
        var supervisor = new Supervisor(plan, folder["endpoints.json"], new MeshLog(lines, colours: false), time);
        try
        {
            await supervisor.Start(TestContext.Current.CancellationToken).WaitAsync(_patience);
            using var endpoints = new EndpointsWatch(folder.Path);
            foreach (var seconds in new[] { 0.5, 1, 2 })
            {
                Assert.Equal(0, LocalProcess.Kill(Assert.Single(supervisor.Status()).Pid!.Value, SigKill));
                var line = await lines.Next(_patience);
                Assert.EndsWith(FormattableString.Invariant($" text-encoder/1: ended with exit code 137; restarting in {seconds:0.0} s"), line);
                Assert.Empty(endpoints.TextEncoders);
                time.Advance(TimeSpan.FromSeconds(seconds - 0.1));
                Assert.Null(Assert.Single(supervisor.Status()).Pid);
                time.Advance(TimeSpan.FromSeconds(0.1));
                await endpoints.Until(file => file.TextEncoders.Length == 1, "the replica back");
            }
        }
        finally
        {
            await supervisor.Stop(_atOnce);
        }
        Assert.DoesNotContain(supervisor.Status(), replica => replica.Pid is not null);
    }

    private static MeshPlan Plan(UpOptions options, GoldenBundle files, TemporaryFolder folder) =>
        MeshPlan.For(options, files.Open().Manifest, new ServiceArguments(options, new EndpointFiles(folder.Path), "127.0.0.1:1"));
}
