using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.ServicesUnderTest.Http2;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Gateway.Tests.Limits;

/// <summary>One caller, or one kind of call, must not take the capacity of others: tested with an honest client beside each.</summary>
public sealed class PlacesTests
{
    private const string EmbedImage = "/medmoe.mesh.v1.RouterService/EmbedImage";
    private const string ListExperts = "/medmoe.mesh.v1.RouterService/ListExperts";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private static DateTime Deadline => DateTime.UtcNow + _patience;

    [Fact]
    public async Task Streams_ManyWithoutAByte_LeaveOthersTheirPlaces()
    {
        await using var mesh = await Mesh.Start("--Gateway:MaxStreams=4", "--Gateway:MaxCalls=4");
        using var attacker = mesh.Connect("127.0.0.2");
        var silent = Enumerable.Range(0, 40).Select(_ => new RouterService.RouterServiceClient(attacker).AnalyzeStream(deadline: Deadline)).ToArray();
        var ended = silent.Select(call => Code(call.ResponseStream.MoveNext(CancellationToken.None))).ToList();
        // One client may use half of the capacity; one more stream ends the client's oldest.
        for (var refused = 0; refused < 38; refused++)
        {
            var (code, detail) = await Next(ended);
            Assert.Equal(
                (StatusCode.ResourceExhausted, "over the limit of 2 concurrent streams (Gateway:MaxStreams) for one client (Gateway:MaxClientShare)"),
                (code, detail));
        }

        using var honest = mesh.Connect("127.0.0.3");
        var client = new RouterService.RouterServiceClient(honest);
        Assert.NotNull(await client.ListExpertsAsync(new(), deadline: Deadline));
        using var stream = client.AnalyzeStream(deadline: Deadline);
        await stream.RequestStream.WriteAsync(new AnalyzeStreamRequest { RequestId = "a" }, TestContext.Current.CancellationToken);
        Assert.True(await stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Array.ForEach(silent, call => call.Dispose());
    }

    [Fact]
    public async Task Streams_IdleOnesOfManyClients_MakeRoom()
    {
        await using var mesh = await Mesh.Start("--Gateway:MaxStreams=2", "--Gateway:StreamIdleTimeout=00:00:00");
        var streams = new List<AsyncDuplexStreamingCall<AnalyzeStreamRequest, AnalyzeStreamResponse>>();
        for (var client = 2; client <= 4; client++)
        {
            streams.Add(new RouterService.RouterServiceClient(mesh.Connect($"127.0.0.{client}")).AnalyzeStream(deadline: Deadline));
            await streams[^1].RequestStream.WriteAsync(new AnalyzeStreamRequest { RequestId = "a" }, TestContext.Current.CancellationToken);
            Assert.True(await streams[^1].ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        }

        Assert.Equal(
            (StatusCode.ResourceExhausted, "over the limit of 2 concurrent streams (Gateway:MaxStreams)"),
            await Code(streams[0].ResponseStream.MoveNext(CancellationToken.None)));
        streams.ForEach(stream => stream.Dispose());
    }

    [Fact]
    public async Task Calls_ManyWhoseMessageDoesNotCome_LeaveOthersTheirPlaces()
    {
        await using var mesh = await Mesh.Start("--Gateway:MaxCalls=4");
        using var attacker = mesh.Connect("127.0.0.2");
        var invoker = attacker.CreateCallInvoker();
        var marshaller = Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes);
        // A client may send headers and then nothing.
        var method = new Method<byte[], byte[]>(MethodType.ClientStreaming, RouterService.Descriptor.FullName, "Analyze", marshaller, marshaller);
        var silent = Enumerable.Range(0, 20)
            .Select(_ => invoker.AsyncClientStreamingCall(method, null, new CallOptions(deadline: Deadline))).ToArray();
        var ended = silent.Select(call => Code(call.ResponseAsync)).ToList();
        for (var refused = 0; refused < 18; refused++)
        {
            var (code, detail) = await Next(ended);
            Assert.Equal(StatusCode.ResourceExhausted, code);
            Assert.StartsWith("over the limit of 2 concurrent calls with an incomplete message (Gateway:MaxCalls)", detail);
        }

        // From the attacker's own address, as well.
        Assert.NotNull(await new RouterService.RouterServiceClient(attacker).ListExpertsAsync(new(), deadline: Deadline));
        Array.ForEach(silent, call => call.Dispose());
    }

    [Fact]
    public async Task Bytes_MoreThanTheLimit_AreRefused()
    {
        await using var mesh = await Mesh.Start("--Gateway:MaxBytes=1000000");
        using var fat = mesh.Connect("127.0.0.2");
        var first = new RouterService.RouterServiceClient(fat).EmbedTextAsync(
            new EmbedTextRequest { Texts = { new string('x', 400_000) } }, deadline: Deadline).ResponseAsync;
        await mesh.Calls.Begun();

        var e = await Assert.ThrowsAsync<RpcException>(
            () => new RouterService.RouterServiceClient(fat).EmbedImageAsync(Image(400_000), deadline: Deadline).ResponseAsync);

        Assert.Equal(
            (StatusCode.ResourceExhausted,
             "over the limit of 500000 bytes of request messages held for one client (Gateway:MaxBytes, Gateway:MaxClientShare)"),
            (e.StatusCode, e.Status.Detail));
        Assert.Equal("100", e.Trailers.GetValue("grpc-retry-pushback-ms"));
        using var honest = mesh.Connect("127.0.0.3");
        var answer = await new RouterService.RouterServiceClient(honest).EmbedImageAsync(Image(400_000), deadline: Deadline);
        Assert.Equal(400_000, answer.Embedding.Data.Length);
        mesh.Calls.Released.SetResult();
        await first;
    }

    [Fact]
    public async Task Bytes_ToldAndNotSent_AreNotTaken()
    {
        await using var mesh = await Mesh.Start("--Gateway:MaxBytes=1000000");
        await using var attacker = await RawConnection.Open(mesh.Gateway);
        // Each announces 400 kB, of which two would fill the limit, and sends one byte.
        byte[] begun = [0, .. BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(400_000)), 0x0a];
        var stopped = Enumerable.Range(0, 10).Select(_ => attacker.Call(EmbedImage, begun, end: false)).ToArray();
        // Answered after them on the same connection, so they have all been read.
        Assert.Equal(StatusCode.OK, (await attacker.Call(ListExperts, RawCall.Framed([])).Answer()).Code);

        using var honest = mesh.Connect("127.0.0.3");
        var answer = await new RouterService.RouterServiceClient(honest).EmbedImageAsync(Image(400_000), deadline: Deadline);

        Assert.Equal(400_000, answer.Embedding.Data.Length);
        Assert.All(stopped, call => Assert.False(call.Ended.IsCompleted));
    }

    [Fact]
    public async Task Message_StandsStillWhenMostOfItIsThere_EndsInTime()
    {
        await using var mesh = await Mesh.Start("--Gateway:MessageTimeout=00:00:01");
        await using var attacker = await RawConnection.Open(mesh.Gateway);
        byte[] begun = [0, .. BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(8_000_000)), .. new byte[500_000]];

        // This number of bytes may take half a minute, but no single part of them.
        var answer = await attacker.Call(EmbedImage, begun, end: false).Ended
            .WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal((StatusCode.DeadlineExceeded, "the message did not arrive within 1 s (Gateway:MessageTimeout)"), (answer.Code, answer.Message));
    }

    [Fact]
    public async Task Answer_NotRead_IsReset()
    {
        await using var mesh = await Mesh.Start("--Gateway:AnswerTimeout=00:00:01");
        using var channel = mesh.Connect("127.0.0.2", window: 65535);
        using var call = new RouterService.RouterServiceClient(channel).AnalyzeStream(deadline: Deadline);
        // Far more than windows and buffers hold; without a reader only a reset ends it.
        var large = new AnalyzeStreamRequest { RequestId = new string('x', 1 << 20) };
        async Task Send()
        {
            while (true)
            {
                await call.RequestStream.WriteAsync(large);
            }
        }

        await Assert.ThrowsAnyAsync<Exception>(Send).WaitAsync(_patience, TestContext.Current.CancellationToken);

        // ENHANCE_YOUR_CALM: a caller that does not read can get no other status.
        var e = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                // Answers from before.
            }
        });
        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
    }

    [Fact]
    public async Task Failures_OfOneClient_ArePastTheLimitRefusedUnread()
    {
        await using var mesh = await Mesh.Start("--Gateway:FailuresPerSecond=1");
        await using var attacker = await RawConnection.Open(mesh.Gateway, IPAddress.Parse("127.0.0.2"));
        await using var mixed = await RawConnection.Open(mesh.Gateway, IPAddress.Parse("127.0.0.4"));
        var unreadable = RawCall.Framed([0x0a, 0xff]);
        // A caller with as many successful as failed calls is never refused.
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(StatusCode.InvalidArgument, (await mixed.Call(ListExperts, unreadable).Answer()).Code);
            Assert.Equal(StatusCode.OK, (await mixed.Call(ListExperts, RawCall.Framed([])).Answer()).Code);
        }

        var codes = new List<StatusCode?>();
        (StatusCode? Code, string Message) refused;
        do
        {
            do
            {
                codes.Add((await attacker.Call(ListExperts, unreadable).Answer()).Code);
            }
            while (codes.Count < 100 && codes[^1] != StatusCode.ResourceExhausted);
            var good = await attacker.Call(ListExperts, RawCall.Framed([])).Answer();
            refused = (good.Code, good.Message);
            // Served if just enough time has passed between the two.
        }
        while (codes.Count < 100 && refused.Code == StatusCode.OK);

        // A burst of five seconds' failures, and the failures that the elapsed time allows.
        Assert.InRange(codes.Count(code => code == StatusCode.InvalidArgument), 5, 98);
        Assert.Equal(
            (StatusCode.ResourceExhausted,
             "over the limit of 1 failed calls per second for one client (Gateway:FailuresPerSecond)"),
            refused);
        using var honest = mesh.Connect("127.0.0.3");
        Assert.NotNull(await new RouterService.RouterServiceClient(honest).ListExpertsAsync(new(), deadline: Deadline));
    }

    [Theory]
    [InlineData("", "10.1.1.{0}", "10.2.2.{0}", false)]
    [InlineData("127.0.0.0/8", "10.1.1.{0}", "10.2.2.{0}", true)]
    [InlineData("127.0.0.1", "2001:db8:0:{0}::1", "2001:db8:0:{0}::2", false)]
    [InlineData("127.0.0.1", "2001:db8:1:{0}::1", "2001:db8:2:{0}::1", true)]
    public async Task ForwardedAddress_TrustedProxiesOnly_TellsClientsApart(string trusted, string one, string other, bool apart)
    {
        await using var mesh = await Mesh.Start("--Gateway:CallsPerSecond=1", $"--Gateway:TrustedProxies={trusted}");
        using var proxy = mesh.Connect("127.0.0.1");
        var client = new RouterService.RouterServiceClient(proxy);
        async Task<bool> IsServed(string pattern, int number)
        {
            var from = string.Format(CultureInfo.InvariantCulture, pattern, number);
            var (code, detail) = await Code(client.ListExpertsAsync(new(), new Metadata { { "x-forwarded-for", from } }, Deadline).ResponseAsync);
            Assert.True(code is StatusCode.OK or StatusCode.ResourceExhausted, detail);
            return code == StatusCode.OK;
        }

        var rounds = new List<bool[]>();
        do
        {
            rounds.Add(await Task.WhenAll(IsServed(one, rounds.Count), IsServed(other, rounds.Count)));
            // If the gateway pauses for a second in between, both calls of a client are served; then the next ones decide.
        }
        while (rounds.Count < 20 && rounds[^1].All(served => served));

        Assert.Contains(true, rounds[0]);
        Assert.Equal(apart, rounds[^1].All(served => served));
    }

    /// <summary>A dual-stack socket reports IPv4 addresses as IPv6 ones.</summary>
    [Fact]
    public async Task ForwardedAddress_ListeningOnEveryAddress_IsBelievedOfTheSameProxies()
    {
        await using var mesh = await Mesh.Start("--Serving:Address=::", "--Gateway:CallsPerSecond=1", "--Gateway:TrustedProxies=127.0.0.0/8");
        using var proxy = GrpcChannel.ForAddress($"http://127.0.0.1:{new Uri($"http://{mesh.Gateway}").Port}");
        var client = new RouterService.RouterServiceClient(proxy);

        var codes = await Task.WhenAll(new[] { "10.1.1.1", "10.2.2.2" }.Select(from =>
            Code(client.ListExpertsAsync(new(), new Metadata { { "x-forwarded-for", from } }, Deadline).ResponseAsync)));

        Assert.All(codes, answer => Assert.Equal(StatusCode.OK, answer.Code));
    }

    private static EmbedImageRequest Image(int bytes) => new() { Image = new Image { Encoded = ByteString.CopyFrom(new byte[bytes]) } };

    private static async Task<(StatusCode Code, string Detail)> Code(Task call)
    {
        try
        {
            await call;
            return (StatusCode.OK, "");
        }
        catch (RpcException e)
        {
            return (e.StatusCode, e.Status.Detail);
        }
    }

    private static async Task<(StatusCode Code, string Detail)> Next(List<Task<(StatusCode, string)>> calls)
    {
        var ended = await Task.WhenAny(calls).WaitAsync(_patience, TestContext.Current.CancellationToken);
        calls.Remove(ended);
        return await ended;
    }

    /// <summary>A gateway and the router behind it.</summary>
    private sealed class Mesh(RunningService router, RunningService gateway) : IAsyncDisposable
    {
        public string Gateway => gateway.Address;

        public EchoRouter.Calls Calls => router.Get<EchoRouter.Calls>();

        public static async Task<Mesh> Start(params string[] settings)
        {
            var router = await RunningService.Start(EchoRouter.Create, null);
            return new Mesh(
                router, await RunningService.Start(GatewayApp.Create, null, [$"--Endpoints:Services:router={router.Address}", .. settings]));
        }

        /// <summary>A client at one of the loopback addresses.</summary>
        public GrpcChannel Connect(string from, int window = 1 << 20) => GrpcChannel.ForAddress($"http://{gateway.Address}", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = new LoopbackAddress(IPAddress.Parse(from)).Connect,
                InitialHttp2StreamWindowSize = window,
            },
            DisposeHttpClient = true,
        });

        public async ValueTask DisposeAsync()
        {
            await gateway.DisposeAsync();
            await router.DisposeAsync();
        }
    }
}
