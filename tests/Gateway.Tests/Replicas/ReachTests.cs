using Grpc.Core;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;
using static MedMoE.Mesh.ServicesUnderTest.Signals;

namespace MedMoE.Mesh.Gateway.Tests.Replicas;

/// <summary>Replicas that are unreachable, hang, or only seem to have failed.</summary>
public sealed class ReachTests
{
    // An unused port: ports below 1024 are never assigned automatically.
    private const string Nobody = "127.0.0.1:9";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private static DateTime Deadline => DateTime.UtcNow + _patience;

    [Fact]
    public async Task Replica_NotReached_GetsNoCallsWhileAnotherIsThere()
    {
        await using var router = await RunningService.Start(EchoRouter.Create, null);
        // The active health check runs once, which is too little to mark it as unhealthy.
        await using var gateway = await RunningService.Start(
            GatewayApp.Create, null, $"--Endpoints:Services:router={Nobody},{router.Address}", "--Gateway:HealthInterval=00:59:00");

        var codes = await Call(gateway, 40);

        Assert.InRange(codes.Count(code => code != StatusCode.OK), 0, 1);
    }

    [Fact]
    public async Task Replica_WhoseCallsBreakOff_StaysInUse()
    {
        await using var other = await RunningService.Start(EchoRouter.Create, null);
        await using var router = await RunningService.Start(EchoRouter.Create, null);
        await using var gateway = await RunningService.Start(
            GatewayApp.Create, null, $"--Endpoints:Services:router={other.Address},{router.Address}", "--Gateway:HealthInterval=00:59:00");
        other.Get<EchoRouter.Calls>().CannotDie = true;

        await Call(gateway, 40, EchoRouter.Die);
        await Call(gateway, 40);

        // Half of them, by chance.
        Assert.InRange(router.Get<EchoRouter.Calls>().Answered, 6, 34);
    }

    [Fact]
    public async Task Replica_Stopped_CostsItsCallsTheSettingAndOthersNothing()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        using var hung = await ServiceProcess.Start("TextEncoder", null, $"Model:Bundle={files.Root}");
        await using var well = await RunningService.Start(TextEncoder.TextEncoderApp.Create, files.Root);
        await well.Ready();
        await using var gateway = await RunningService.Start(
            GatewayApp.Create, null, $"--Endpoints:Services:text-encoder={hung.Grpc},{well.Address}", "--Endpoints:KeepAliveTimeout=00:00:04",
            "--Gateway:HealthInterval=00:00:00.1");
        var client = new TextEncoderService.TextEncoderServiceClient(gateway.Channel);
        async Task<Status> Encode()
        {
            try
            {
                // Without a deadline.
                await client.EncodeAsync(new EncodeRequest { Texts = { "mass" } });
                return Status.DefaultSuccess;
            }
            catch (RpcException e)
            {
                return e.Status;
            }
        }
        // At once, so that both replicas get some, and their connections are open.
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Encode())), status => Assert.Equal(StatusCode.OK, status.StatusCode));

        Assert.Equal(0, LocalProcess.Kill(hung.Id, SigStop));
        try
        {
            var statuses = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Encode()))
                .WaitAsync(_patience, TestContext.Current.CancellationToken);

            var lost = statuses.Where(status => status.StatusCode != StatusCode.OK).ToArray();
            Assert.All(
                lost,
                status => Assert.Equal((StatusCode.Unavailable, "text encoder: no replica can be reached"), (status.StatusCode, status.Detail)));
            Assert.InRange(lost.Length, 0, 2);
            // The health check has noticed it by now.
            Assert.All(await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Encode())), status => Assert.Equal(StatusCode.OK, status.StatusCode));
        }
        finally
        {
            Assert.Equal(0, LocalProcess.Kill(hung.Id, SigContinue));
        }
    }

    private static async Task<List<StatusCode>> Call(RunningService gateway, int times, string told = "")
    {
        var client = new RouterService.RouterServiceClient(gateway.Channel);
        var codes = new List<StatusCode>();
        for (var i = 0; i < times; i++)
        {
            using var call = client.AnalyzeStream(new Metadata { { "medmoe-test", told } }, Deadline);
            try
            {
                await call.RequestStream.CompleteAsync();
                await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);
                codes.Add(StatusCode.OK);
            }
            catch (RpcException e)
            {
                codes.Add(e.StatusCode);
            }
        }
        return codes;
    }
}
