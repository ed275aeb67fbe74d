using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Grpc.Reflection.V1;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Gateway.Tests.Calls;

/// <summary>Calls while the gateway, or a replica behind it, stops.</summary>
public sealed class EndingTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    /// <summary>Well below Serving:ShutdownTimeout, after which Kestrel closes what is still open.</summary>
    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(20);

    private static DateTime Deadline => DateTime.UtcNow + _patience;

    [Fact]
    public async Task Streams_IdleWhenTheGatewayStops_AreTold()
    {
        await using var router = await RunningService.Start(EchoRouter.Create, null);
        await using var gateway = await RunningService.Start(GatewayApp.Create, null, $"--Endpoints:Services:router={router.Address}");
        var client = new RouterService.RouterServiceClient(gateway.Channel);
        using var silent = client.AnalyzeStream(deadline: Deadline);
        await silent.ResponseHeadersAsync.WaitAsync(_patience, TestContext.Current.CancellationToken);
        using var used = client.AnalyzeStream(deadline: Deadline);
        await used.RequestStream.WriteAsync(new AnalyzeStreamRequest { RequestId = "a" }, TestContext.Current.CancellationToken);
        Assert.True(await used.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        using var reflection = new ServerReflection.ServerReflectionClient(gateway.Channel).ServerReflectionInfo(deadline: Deadline);
        await reflection.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" }, TestContext.Current.CancellationToken);
        Assert.True(await reflection.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        using var watch = new Health.HealthClient(gateway.Channel).Watch(new HealthCheckRequest(), deadline: Deadline);
        Assert.True(await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken));

        var stop = gateway.Stop();

        Task<(StatusCode, string)>[] streams =
            [Ended(silent.ResponseStream), Ended(used.ResponseStream), Ended(reflection.ResponseStream), Ended(watch.ResponseStream)];
        foreach (var stream in streams)
        {
            Assert.Equal((StatusCode.Unavailable, "the service is stopping"), await stream.WaitAsync(_soon, TestContext.Current.CancellationToken));
        }
        await stop.WaitAsync(_soon, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task AnalyzeStream_WhileTheGatewayStops_WhatItHadSentIsAnswered()
    {
        await using var router = await RunningService.Start(EchoRouter.Create, null);
        await using var gateway = await RunningService.Start(GatewayApp.Create, null, $"--Endpoints:Services:router={router.Address}");
        using var call = new RouterService.RouterServiceClient(gateway.Channel).AnalyzeStream(deadline: Deadline);
        foreach (var id in new[] { "a", "b", "c" })
        {
            await call.RequestStream.WriteAsync(new AnalyzeStreamRequest { RequestId = id }, TestContext.Current.CancellationToken);
            await router.Get<EchoRouter.Calls>().Begun();
        }

        gateway.BeginStopping();

        foreach (var id in new[] { "a", "b", "c" })
        {
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.Equal(id, call.ResponseStream.Current.RequestId);
        }
        Assert.Equal((StatusCode.Unavailable, "the service is stopping"), await Ended(call.ResponseStream));
    }

    [Fact]
    public async Task Router_OneOfTwoStops_NoCallIsLost()
    {
        await using var one = await RunningService.Start(EchoRouter.Create, null);
        await using var other = await RunningService.Start(EchoRouter.Create, null);
        await using var gateway = await RunningService.Start(GatewayApp.Create, null, $"--Endpoints:Services:router={one.Address},{other.Address}");
        var client = new RouterService.RouterServiceClient(gateway.Channel);
        using var enough = new CancellationTokenSource();
        var done = 0;
        var calls = Enumerable.Range(0, 8).Select(async _ =>
        {
            while (!enough.IsCancellationRequested)
            {
                // Throws if the call is lost.
                await client.ListExpertsAsync(new ListExpertsRequest(), deadline: Deadline);
                Interlocked.Increment(ref done);
            }
        }).ToArray();
        await Done(40);

        await one.Stop().WaitAsync(_patience, TestContext.Current.CancellationToken);

        await Done(Volatile.Read(ref done) + 200);
        await enough.CancelAsync();
        await Task.WhenAll(calls).WaitAsync(_patience, TestContext.Current.CancellationToken);

        async Task Done(int count)
        {
            using var patience = new CancellationTokenSource(_patience);
            while (Volatile.Read(ref done) < count)
            {
                Assert.False(Array.Exists(calls, call => call.IsFaulted), "a call was lost");
                patience.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task Router_OneOfTwoTakesNoMoreCalls_TheOtherAnswers()
    {
        await using var stopping = await RunningService.Start(EchoRouter.Create, null);
        await using var well = await RunningService.Start(EchoRouter.Create, null);
        // Health checks are too rare to notice it.
        await using var gateway = await RunningService.Start(
            GatewayApp.Create, null, $"--Endpoints:Services:router={stopping.Address},{well.Address}", "--Gateway:HealthInterval=01:00:00");
        stopping.Get<Readiness>().Stopping();
        var client = new RouterService.RouterServiceClient(gateway.Channel);

        for (var call = 0; call < 10; call++)
        {
            Assert.NotNull(await client.ListExpertsAsync(new ListExpertsRequest(), deadline: Deadline));
            using var stream = client.AnalyzeStream(deadline: Deadline);
            await stream.ResponseHeadersAsync.WaitAsync(_patience, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Router_OneOfTwoDiesInACall_TheOtherAnswers()
    {
        await using var dying = await RunningService.Start(EchoRouter.Create, null);
        await using var well = await RunningService.Start(EchoRouter.Create, null);
        await using var gateway = await RunningService.Start(
            GatewayApp.Create, null, $"--Endpoints:Services:router={dying.Address},{well.Address}", "--Gateway:HealthInterval=01:00:00");
        dying.Get<EchoRouter.Calls>().DiesAtOnce = true;
        var client = new RouterService.RouterServiceClient(gateway.Channel);

        for (var call = 0; call < 4; call++)
        {
            Assert.NotNull(await client.ListExpertsAsync(new ListExpertsRequest(), deadline: Deadline));
        }
    }

    [Fact]
    public async Task Connection_OverItsAge_TakesNoNewCallsAndLosesNone()
    {
        await using var router = await RunningService.Start(EchoRouter.Create, null);
        await using var gateway = await RunningService.Start(
            GatewayApp.Create, null, $"--Endpoints:Services:router={router.Address}", "--Gateway:MaxConnectionAge=00:00:00.3");
        var opened = 0;
        using var channel = GrpcChannel.ForAddress($"http://{gateway.Address}", new GrpcChannelOptions
        {
            DisposeHttpClient = true,
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = (context, cancellation) =>
                {
                    Interlocked.Increment(ref opened);
                    return new LoopbackAddress(System.Net.IPAddress.Loopback).Connect(context, cancellation);
                },
            },
        });
        var client = new RouterService.RouterServiceClient(channel);
        var running = client.EmbedTextAsync(new EmbedTextRequest(), deadline: Deadline).ResponseAsync;
        await router.Get<EchoRouter.Calls>().Begun();
        using var patience = new CancellationTokenSource(_patience);

        while (Volatile.Read(ref opened) < 3)
        {
            patience.Token.ThrowIfCancellationRequested();
            await client.ListExpertsAsync(new ListExpertsRequest(), deadline: Deadline);
        }

        router.Get<EchoRouter.Calls>().Released.SetResult();
        Assert.NotNull(await running);
    }

    private static async Task<(StatusCode, string)> Ended<T>(IAsyncStreamReader<T> answers)
    {
        try
        {
            while (await answers.MoveNext(TestContext.Current.CancellationToken))
            {
                // Messages that were already on their way.
            }
            return (StatusCode.OK, "");
        }
        catch (RpcException e)
        {
            return (e.StatusCode, e.Status.Detail);
        }
    }
}
