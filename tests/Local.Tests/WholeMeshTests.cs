using Grpc.Net.Client;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;
using static MedMoE.Mesh.ServicesUnderTest.Signals;

namespace MedMoE.Mesh.Local.Tests;

/// <summary>The whole mesh as a user runs it.</summary>
public sealed class WholeMeshTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _runtime = new();

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public async Task Up_ToldToStopWithCallsUnderWay_AnswersThem()
    {
        var (mesh, gateway) = await LocalProcess.UpWhole(_runtime);
        using var own = mesh;
        // Stop the backbone while the calls arrive.
        Assert.Equal(0, LocalProcess.Kill(mesh.Table.Single(row => row.Service == "backbone").Pid, SigStop));
        using var channel = GrpcChannel.ForAddress($"http://{gateway}");
        var router = new RouterService.RouterServiceClient(channel);
        var calls = Enumerable.Range(0, 5).Select(_ => router.AnalyzeAsync(
            new AnalyzeRequest { Image = MeshLoad.FreshImage(), Report = "small nodule" }, deadline: DateTime.UtcNow + _patience).ResponseAsync)
            .ToArray();
        await UntilRunning(mesh.Table.Single(row => row.Service == "router").Http, calls.Length);

        mesh.Signal(SigTerm);
        await mesh.UntilLine(
            line => line.StartsWith("gateway/1 | ", StringComparison.Ordinal) && line.Contains("stopping", StringComparison.Ordinal),
            "the gateway stopping");
        Assert.Equal(0, LocalProcess.Kill(mesh.Table.Single(row => row.Service == "backbone").Pid, SigContinue));

        Assert.All(await Task.WhenAll(calls), answer => Assert.NotNull(answer.Report));
        Assert.Equal(0, await mesh.ExitCode());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_runtime.Path));
    }

    [Fact]
    public async Task Scale_UnderLoad_LosesNoRequestAndTheNewReplicasGetTheirShare()
    {
        var (mesh, gateway) = await LocalProcess.UpWhole(_runtime);
        using var own = mesh;
        await using var load = new MeshLoad(gateway, 6, "ct", "small nodule");
        await load.UntilMoreSucceeded(10);

        using (var scale = LocalProcess.Run(_runtime, "scale", "ct=3,backbone=2,text-encoder=2"))
        {
            Assert.Equal(0, await scale.ExitCode());
            await load.UntilMoreSucceeded(60);
            foreach (var replica in scale.Table.Where(row => row.Service == "expert-ct"))
            {
                Assert.True(await ServiceMetric.Answered(replica.Http, "Localize") > 0, $"expert-ct/{replica.Number} got nothing to do");
            }
        }
        using (var scale = LocalProcess.Run(_runtime, "scale", "ct=1,backbone=1,text-encoder=1"))
        {
            Assert.Equal(0, await scale.ExitCode());
        }
        await load.UntilMoreSucceeded(20);
        Assert.Empty(load.Failures);
    }

    /// <summary>Waits until this number of calls runs in a service.</summary>
    private static async Task UntilRunning(string http, int calls)
    {
        using var patience = new CancellationTokenSource(_patience);
        while ((await ServiceMetric.Read(http)).Where(m => m.Name == "medmoe_requests").Sum(m => m.Value) < calls)
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }
}
