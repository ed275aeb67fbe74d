using Google.Protobuf;
using Grpc.Core;
using MedMoE.Mesh.Backbone;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.TextEncoder;
using MedMoE.Mesh.V1;
using Microsoft.Extensions.DependencyInjection;

namespace MedMoE.Mesh.Gateway.Tests.Calls;

/// <summary>Requests and answers that pass through the gateway.</summary>
public sealed class ForwardingTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private static DateTime Deadline => DateTime.UtcNow + _patience;

    [Fact]
    public async Task Encode_ThroughGateway_EqualsDirect()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        await using var service = await RunningService.Start(TextEncoderApp.Create, files.Root);
        await using var gateway = await RunningService.Start(GatewayApp.Create, null, $"--Endpoints:Services:text-encoder={service.Address}");
        var request = new EncodeRequest { Texts = { "small nodule in the left upper lobe", "no pneumothorax" } };

        var direct = await new TextEncoderService.TextEncoderServiceClient(service.Channel).EncodeAsync(request, deadline: Deadline);
        var answer = await new TextEncoderService.TextEncoderServiceClient(gateway.Channel).EncodeAsync(request, deadline: Deadline);

        Assert.Equal(direct.Texts, answer.Texts);
        Assert.Equal(direct.Model, answer.Model);
    }

    [Fact]
    public async Task ExtractPyramid_ThroughGateway_SendsEveryLevel()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        await using var service = await RunningService.Start(BackboneApp.Create, files.Root);
        await using var gateway = await RunningService.Start(GatewayApp.Create, null, $"--Endpoints:Services:backbone={service.Address}");
        var file = await File.ReadAllBytesAsync(Golden.PathOf("preprocessing", "rgb8_400x300.png"), TestContext.Current.CancellationToken);

        using var call = new BackboneService.BackboneServiceClient(gateway.Channel).ExtractPyramid(
            new ExtractPyramidRequest { Image = new Image { Encoded = ByteString.CopyFrom(file) } }, deadline: Deadline);
        var levels = new List<PyramidLevel>();
        await foreach (var response in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            levels.Add(response.Level);
        }

        Assert.Equal([0, 1, 2, 3], levels.Select(l => l.Level));
        Assert.NotNull(levels[3].Pooled);
    }

    [Fact]
    public async Task GetModel_ByHeader_ReachesTheServiceNamed()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        await using var text = await RunningService.Start(TextEncoderApp.Create, files.Root);
        await using var backbone = await RunningService.Start(BackboneApp.Create, files.Root);
        // No expert runs yet; a stand-in answers, and its model shows that the header was followed.
        await using var gateway = await RunningService.Start(
            GatewayApp.Create, null, $"--Endpoints:Services:text-encoder={text.Address}", $"--Endpoints:Services:expert-ct={backbone.Address}");
        var client = new ModelService.ModelServiceClient(gateway.Channel);
        async Task<string> Part(string service)
        {
            var answer = await client.GetModelAsync(new GetModelRequest(), new Metadata { { "medmoe-service", service } }, Deadline);
            return Assert.Single(answer.Model.Digests).Key;
        }

        Assert.Equal("text", await Part("text-encoder"));
        Assert.Equal("backbone", await Part("experts/ct"));
    }

    [Fact]
    public async Task AnalyzeStream_BothWaysAtOnce_CarriesMessagesHeadersAndTrailers()
    {
        await using var router = await RunningService.Start(EchoRouter.Create, null);
        await using var gateway = await RunningService.Start(GatewayApp.Create, null, $"--Endpoints:Services:router={router.Address}");
        using var call = new RouterService.RouterServiceClient(gateway.Channel).AnalyzeStream(new Metadata { { "medmoe-test", "hello" } }, Deadline);

        Assert.Equal("hello", (await call.ResponseHeadersAsync).GetValue("medmoe-test"));
        foreach (var id in new[] { "a", "b", "c" })
        {
            // Each is answered before the next is sent.
            await call.RequestStream.WriteAsync(new AnalyzeStreamRequest { RequestId = id });
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.Equal(id, call.ResponseStream.Current.RequestId);
        }
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal("hello", call.GetTrailers().GetValue("medmoe-test"));
    }

    [Fact]
    public async Task AnalyzeStream_ServiceDies_WhatItAnsweredComesAndThenUnavailable()
    {
        await using var router = await RunningService.Start(EchoRouter.Create, null);
        await using var gateway = await RunningService.Start(GatewayApp.Create, null, $"--Endpoints:Services:router={router.Address}");
        using var call = new RouterService.RouterServiceClient(gateway.Channel).AnalyzeStream(deadline: Deadline);
        await call.RequestStream.WriteAsync(new AnalyzeStreamRequest { RequestId = "a" });
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));

        await call.RequestStream.WriteAsync(new AnalyzeStreamRequest { RequestId = EchoRouter.Die });

        var e = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal((StatusCode.Unavailable, "router: connection lost before the answer was complete"), (e.StatusCode, e.Status.Detail));
    }

    [Fact]
    public async Task AnalyzeStream_ServiceDiesBeforeItAnswers_IsNoCancellation()
    {
        await using var router = await RunningService.Start(EchoRouter.Create, null);
        await using var gateway = await RunningService.Start(GatewayApp.Create, null, $"--Endpoints:Services:router={router.Address}");
        var client = new RouterService.RouterServiceClient(gateway.Channel);
        // YARP may blame the service or the caller, who has not sent everything yet; it varies by chance.
        for (var i = 0; i < 20; i++)
        {
            using var call = client.AnalyzeStream(new Metadata { { "medmoe-test", EchoRouter.Die } }, Deadline);

            var e = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));

            Assert.Equal((StatusCode.Unavailable, "router: no replica can be reached"), (e.StatusCode, e.Status.Detail));
        }
    }

    [Fact]
    public async Task AnalyzeStream_QuietForTooLong_DeadlineIsExceeded()
    {
        await using var router = await RunningService.Start(EchoRouter.Create, null);
        await using var gateway = await RunningService.Start(
            GatewayApp.Create, null, $"--Endpoints:Services:router={router.Address}", "--Gateway:ActivityTimeout=00:00:01");
        using var call = new RouterService.RouterServiceClient(gateway.Channel).AnalyzeStream(deadline: Deadline);

        var e = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));

        Assert.Equal(
            (StatusCode.DeadlineExceeded, "router: no data in either direction for 1 s (Gateway:ActivityTimeout)"), (e.StatusCode, e.Status.Detail));
    }

    [Fact]
    public async Task Classify_ServiceRefuses_StatusAndTrailersPassThrough()
    {
        await using var router = await RunningService.Start(EchoRouter.Create, null);
        await using var gateway = await RunningService.Start(GatewayApp.Create, null, $"--Endpoints:Services:router={router.Address}");

        var e = await Assert.ThrowsAsync<RpcException>(() =>
            new RouterService.RouterServiceClient(gateway.Channel).ClassifyAsync(new ClassifyRequest(), deadline: Deadline).ResponseAsync);

        Assert.Equal((StatusCode.FailedPrecondition, "no, 100 % no", "why"), (e.StatusCode, e.Status.Detail, e.Trailers.GetValue("medmoe-test")));
    }

    [Theory]
    [InlineData(true, StatusCode.DeadlineExceeded)]
    [InlineData(false, StatusCode.Cancelled)]
    public async Task EmbedText_DeadlinePassesOrCallerGoes_TheServiceHearsOfIt(bool byDeadline, StatusCode expected)
    {
        await using var router = await RunningService.Start(EchoRouter.Create, null);
        await using var gateway = await RunningService.Start(GatewayApp.Create, null, $"--Endpoints:Services:router={router.Address}");
        var begun = router.Get<EchoRouter.Calls>().Begun();

        // On a busy machine a deadline may pass before the call reaches the service: try a longer one.
        for (var soon = TimeSpan.FromSeconds(1); !begun.IsCompleted; soon *= 2)
        {
            using var caller = new CancellationTokenSource();
            var call = new RouterService.RouterServiceClient(gateway.Channel).EmbedTextAsync(
                new EmbedTextRequest(), deadline: byDeadline ? DateTime.UtcNow + soon : Deadline, cancellationToken: caller.Token).ResponseAsync;
            if (!byDeadline)
            {
                await begun;
                await caller.CancelAsync();
            }
            Assert.Equal(expected, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
        }

        await begun;
        await router.Get<EchoRouter.Calls>().Cancelled.Task.WaitAsync(_patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Replicas_OneGetsUnwell_TheOtherGetsTheCalls()
    {
        await using var well = await RunningService.Start(EchoRouter.Create, null);
        await using var unwell = await RunningService.Start(EchoRouter.Create, null);
        await using var gateway = await RunningService.Start(
            GatewayApp.Create, null, $"--Endpoints:Services:router={well.Address},{unwell.Address}", "--Gateway:HealthInterval=00:00:00.1");
        var client = new RouterService.RouterServiceClient(gateway.Channel);
        async Task<StatusCode> Call() =>
            (await Assert.ThrowsAsync<RpcException>(() => client.ClassifyAsync(new ClassifyRequest(), deadline: Deadline).ResponseAsync)).StatusCode;
        Assert.Equal(StatusCode.FailedPrecondition, await Call());

        // It reports NOT_SERVING and refuses calls, but keeps running.
        unwell.Get<Readiness>().Stopping();

        using var patience = new CancellationTokenSource(_patience);
        for (var inARow = 0; inARow < 20;)
        {
            patience.Token.ThrowIfCancellationRequested();
            inARow = await Call() == StatusCode.FailedPrecondition ? inARow + 1 : 0;
        }
    }
}
