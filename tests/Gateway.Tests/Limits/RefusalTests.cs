using System.Buffers.Binary;
using System.Net;
using Grpc.Core;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.TextEncoder;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Gateway.Tests.Limits;

/// <summary>Calls that the gateway answers itself.</summary>
public sealed class RefusalTests
{
    // An unused port: ports below 1024 are never assigned automatically.
    private const string Nobody = "127.0.0.1:9";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private static DateTime Deadline => DateTime.UtcNow + _patience;

    [Theory]
    [InlineData(null)]
    [InlineData("experts/nobody")]
    public async Task GetModel_HeaderMissingOrUnknown_ListsTheKnown(string? service)
    {
        await using var gateway = await RunningService.Start(
            GatewayApp.Create, null, $"--Endpoints:Services:expert-ct={Nobody}", "--Gateway:Experts=xray, ct");
        var headers = service is null ? new Metadata() : new Metadata { { "medmoe-service", service } };

        var model = await Refused(
            new ModelService.ModelServiceClient(gateway.Channel).GetModelAsync(new GetModelRequest(), headers, Deadline).ResponseAsync);
        using var call = new ExpertService.ExpertServiceClient(gateway.Channel).Localize(headers, Deadline);
        var expert = await Refused(call.ResponseAsync);

        Assert.Equal((StatusCode.InvalidArgument, "medmoe-service: expected one of backbone, text-encoder, experts/ct, experts/xray"), model);
        Assert.Equal((StatusCode.InvalidArgument, "medmoe-service: expected one of experts/ct, experts/xray"), expert);
    }

    [Fact]
    public async Task UnknownService_IsUnimplemented()
    {
        await using var gateway = await RunningService.Start(GatewayApp.Create, null);
        var marshaller = Marshallers.Create(_ => [], _ => new object());
        var method = new Method<object, object>(MethodType.Unary, "medmoe.mesh.v1.NoService", "Call", marshaller, marshaller);

        var (code, _) = await Refused(
            gateway.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(deadline: Deadline), new object()).ResponseAsync);

        Assert.Equal(StatusCode.Unimplemented, code);
    }

    [Theory]
    [InlineData(Nobody)]
    [InlineData("")]
    [InlineData("dns:///no-such-host.invalid:8080")]
    public async Task Encode_NoReplica_NamesTheService(string endpoint)
    {
        await using var gateway = await RunningService.Start(GatewayApp.Create, null, $"--Endpoints:Services:text-encoder={endpoint}");

        var answer = await Refused(
            new TextEncoderService.TextEncoderServiceClient(gateway.Channel).EncodeAsync(new EncodeRequest(), deadline: Deadline).ResponseAsync);

        Assert.Equal((StatusCode.Unavailable, "text encoder: no replica can be reached"), answer);
    }

    [Fact]
    public async Task Encode_AnotherServiceHasNoAddress_IsUnharmed()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        await using var service = await RunningService.Start(TextEncoderApp.Create, files.Root);
        var port = service.Address.Split(':')[1];
        // One name has no address; another, resolved, does.
        await using var gateway = await RunningService.Start(
            GatewayApp.Create, null,
            $"--Endpoints:Services:text-encoder=dns:///localhost:{port}", "--Endpoints:Services:backbone=dns:///no-such-host.invalid:8080");
        var client = new TextEncoderService.TextEncoderServiceClient(gateway.Channel);

        Assert.Single((await client.EncodeAsync(new EncodeRequest { Texts = { "mass" } }, deadline: Deadline)).Texts);
    }

    [Fact]
    public async Task Analyze_WhileStopping_IsUnavailableAndRunningCallsFinish()
    {
        await using var router = await RunningService.Start(EchoRouter.Create, null);
        await using var gateway = await RunningService.Start(GatewayApp.Create, null, $"--Endpoints:Services:router={router.Address}");
        var client = new RouterService.RouterServiceClient(gateway.Channel);
        var running = client.EmbedTextAsync(new EmbedTextRequest(), deadline: Deadline).ResponseAsync;
        await router.Get<EchoRouter.Calls>().Begun();

        gateway.BeginStopping();
        var answer = await Refused(client.AnalyzeAsync(new AnalyzeRequest(), deadline: Deadline).ResponseAsync);

        Assert.Equal((StatusCode.Unavailable, "the service is stopping"), answer);
        router.Get<EchoRouter.Calls>().Released.SetResult();
        Assert.NotNull(await running);
    }

    [Fact]
    public async Task Call_OverMostCalls_IsRefusedAtOnceUntilOneEnds()
    {
        await using var router = await RunningService.Start(EchoRouter.Create, null);
        await using var gateway = await RunningService.Start(
            GatewayApp.Create, null, $"--Endpoints:Services:router={router.Address}", "--Gateway:MaxCalls=1");
        var client = new RouterService.RouterServiceClient(gateway.Channel);
        var running = client.EmbedTextAsync(new EmbedTextRequest(), deadline: Deadline).ResponseAsync;
        await router.Get<EchoRouter.Calls>().Begun();

        var e = await Assert.ThrowsAsync<RpcException>(() => client.ClassifyAsync(new ClassifyRequest(), deadline: Deadline).ResponseAsync);

        Assert.Equal((StatusCode.ResourceExhausted, "over the limit of 1 concurrent calls (Gateway:MaxCalls)"), (e.StatusCode, e.Status.Detail));
        Assert.Equal("100", e.Trailers.GetValue("grpc-retry-pushback-ms"));
        // The gateway's own services are not limited.
        using var http = new HttpClient();
        Assert.Equal("Healthy", await http.GetStringAsync(new Uri(gateway.Http, "/healthz"), TestContext.Current.CancellationToken));
        Assert.NotNull(await new Grpc.Health.V1.Health.HealthClient(gateway.Channel).CheckAsync(new(), deadline: Deadline));
        router.Get<EchoRouter.Calls>().Released.SetResult();
        await running;
        // The caller sees the end slightly before the gateway has finished the call.
        using var patience = new CancellationTokenSource(_patience);
        do
        {
            patience.Token.ThrowIfCancellationRequested();
            e = await Assert.ThrowsAsync<RpcException>(() => client.ClassifyAsync(new ClassifyRequest(), deadline: Deadline).ResponseAsync);
        }
        while (e.StatusCode == StatusCode.ResourceExhausted);
        Assert.Equal(StatusCode.FailedPrecondition, e.StatusCode);
    }

    [Fact]
    public async Task Calls_OverTheRate_AreToldWhenToRetry()
    {
        await using var router = await RunningService.Start(EchoRouter.Create, null);
        await using var gateway = await RunningService.Start(
            GatewayApp.Create, null, $"--Endpoints:Services:router={router.Address}", "--Gateway:CallsPerSecond=1", "--Gateway:Burst=2");
        var client = new RouterService.RouterServiceClient(gateway.Channel);

        // More than the limit for a minute.
        var answers = await Task.WhenAll(Enumerable.Range(0, 80).Select(async _ =>
            await Assert.ThrowsAsync<RpcException>(() => client.ClassifyAsync(new ClassifyRequest(), deadline: Deadline).ResponseAsync)));

        Assert.True(answers.Count(e => e.StatusCode == StatusCode.FailedPrecondition) >= 2);
        var refused = answers.Where(e => e.StatusCode == StatusCode.ResourceExhausted).ToArray();
        Assert.NotEmpty(refused);
        Assert.All(refused, e => Assert.Equal("over the limit of 1 calls per second for one client", e.Status.Detail));
        Assert.All(refused, e => Assert.InRange(int.Parse(e.Trailers.GetValue("grpc-retry-pushback-ms")!, null), 1, 60_000));
    }

    [Fact]
    public async Task Encode_KnownLengthOverTheLimit_IsRefusedBeforeItIsForwarded()
    {
        // Without this nothing would answer the call.
        await using var gateway = await RunningService.Start(
            GatewayApp.Create, null, $"--Endpoints:Services:text-encoder={Nobody}", "--Serving:MaxMessageBytes=100000");
        async Task<(string?, string?)> Post(int length)
        {
            using var http = new HttpClient
            {
                DefaultRequestVersion = HttpVersion.Version20,
                DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            var message = new byte[length];
            BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), length - 5);
            using var content = new ByteArrayContent(message);
            content.Headers.ContentType = new("application/grpc");
            using var answer = await http.PostAsync(
                new Uri($"http://{gateway.Address}/{TextEncoderService.Descriptor.FullName}/Encode"), content, TestContext.Current.CancellationToken);
            string? Field(string name) => answer.Headers.TryGetValues(name, out var values) ? Uri.UnescapeDataString(values.Single()) : null;
            return (Field("grpc-status"), Field("grpc-message"));
        }

        Assert.Equal(("8", "the message is over the limit of 100000 bytes"), await Post(100_006));
        Assert.Equal(("14", "text encoder: no replica can be reached"), await Post(100_005));
    }

    [Fact]
    public async Task Encode_UnknownLengthOverTheLimit_IsRefusedByTheService()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        await using var service = await RunningService.Start(TextEncoderApp.Create, files.Root, "--Serving:MaxMessageBytes=100000");
        await using var gateway = await RunningService.Start(GatewayApp.Create, null, $"--Endpoints:Services:text-encoder={service.Address}");
        var client = new TextEncoderService.TextEncoderServiceClient(gateway.Channel);

        // More than the flow-control windows hold, so the service answers while the client still sends.
        var answer = await Refused(client.EncodeAsync(new EncodeRequest { Texts = { new string('x', 24 << 20) } }, deadline: Deadline).ResponseAsync);

        Assert.Equal((StatusCode.ResourceExhausted, "the message is over the limit of 100000 bytes"), answer);
    }

    private static async Task<(StatusCode Code, string Message)> Refused<T>(Task<T> call)
    {
        var e = await Assert.ThrowsAsync<RpcException>(() => call);
        return (e.StatusCode, e.Status.Detail);
    }
}
