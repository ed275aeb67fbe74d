using System.Collections.Concurrent;
using Grpc.Core;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.ServicesUnderTest.Http2;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Gateway.Tests.Calls;

/// <summary>Effects of one caller on shared connections between services, and on other callers' calls on them.</summary>
public sealed class SharedConnectionTests
{
    private const string Unary = "/medmoe.mesh.v1.RouterService/Classify";
    private const string Streaming = "/medmoe.mesh.v1.RouterService/AnalyzeStream";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private static DateTime Deadline => DateTime.UtcNow + _patience;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Streams_AnsweredEarlyAndLeftOpen_HarmNobody(bool throughGateway)
    {
        await using var router = await RunningService.Start(EchoRouter.Create, null);
        await using var gateway = await RunningService.Start(
            GatewayApp.Create, null, $"--Endpoints:Services:router={router.Address}", "--Gateway:MaxStreams=1000", "--Gateway:FailuresPerSecond=0");
        await using var attacker = await RawConnection.Open(throughGateway ? gateway.Address : router.Address);
        var unreadable = RawCall.Framed([0x0a, 0xff]);
        var codes = new ConcurrentBag<StatusCode?>();

        var honest = await Beside(gateway, async () =>
        {
            // A hundred concurrent calls, at ten times the rate that once closed a connection.
            for (var i = 0; i < 30; i++)
            {
                var calls = Enumerable.Range(0, 100).Select(_ => attacker.Call(Streaming, unreadable, end: false).Answer());
                foreach (var answer in await Task.WhenAll(calls))
                {
                    codes.Add(answer.Code);
                }
            }
        });

        Assert.All(codes, code => Assert.Equal(StatusCode.InvalidArgument, code));
        Assert.All(honest, code => Assert.Equal(StatusCode.OK, code));
        Assert.False(attacker.Closed.IsCompleted);
    }

    [Fact]
    public async Task Uploads_ThatStop_EndAloneAndSayWhy()
    {
        await using var router = await RunningService.Start(EchoRouter.Create, null);
        // For longer than 5 s, after which Kestrel would close the connection.
        await using var gateway = await RunningService.Start(
            GatewayApp.Create, null, $"--Endpoints:Services:router={router.Address}", "--Gateway:MessageTimeout=00:00:07");
        await using var attacker = await RawConnection.Open(gateway.Address);
        using var open = new RouterService.RouterServiceClient(gateway.Channel).AnalyzeStream(deadline: Deadline);
        await Echo(open, "before");
        byte[] begun = [0, 0, 0, 16, 0, 1, 2, 3];
        RawCall[] stopped =
        [
            .. Enumerable.Range(0, 50).Select(_ => attacker.Call(Unary, begun, end: false)),
            attacker.Call(Unary, RawCall.Framed([]), end: false),
            attacker.Begin(Unary),
            attacker.Begin(Streaming),
            attacker.Call(Streaming, begun, end: false),
            // One of the gateway's own services.
            attacker.Call("/grpc.health.v1.Health/Check", begun, end: false),
        ];

        var answers = await Task.WhenAll(stopped.Select(call => call.Answer()));

        Assert.All(answers, answer => Assert.Equal(
            (StatusCode.DeadlineExceeded, "the message did not arrive within 7 s (Gateway:MessageTimeout)"), (answer.Code, answer.Message)));
        // A stream may pause between messages.
        await Echo(open, "after");
    }

    [Fact]
    public async Task Service_NotReadFrom_KeepsItsConnection()
    {
        await using var router = await RunningService.Start(EchoRouter.Create, null);
        await using var gateway = await RunningService.Start(GatewayApp.Create, null, $"--Endpoints:Services:router={router.Address}");
        await using var attacker = await RawConnection.Open(router.Address);
        // Each leaves a full stream window unread; together far more than Kestrel's connection window.
        var unread = RawCall.Framed(new byte[8_000_000]);
        var calls = Enumerable.Range(0, 12)
            .Select(_ => attacker.Call("/medmoe.mesh.v1.RouterService/EmbedImage", unread, end: false, ("medmoe-test", EchoRouter.Hold)))
            .ToArray();
        await router.Get<EchoRouter.Calls>().Held(calls.Length).WaitAsync(_patience, TestContext.Current.CancellationToken);

        Assert.Equal(StatusCode.OK, (await attacker.Call("/grpc.health.v1.Health/Check", RawCall.Framed([])).Answer()).Code);
    }

    [Fact]
    public async Task Resets_ByTheThousand_HarmNobodyAndCryNoAlarm()
    {
        await using var router = await RunningService.Start(EchoRouter.Create, null);
        using var gateway = await ServiceProcess.Start("Gateway", null, $"Endpoints:Services:router={router.Address}");
        using var channel = Grpc.Net.Client.GrpcChannel.ForAddress($"http://{gateway.Grpc}");
        var echo = new RouterService.RouterServiceClient(channel);
        for (var i = 0; i < 4; i++)
        {
            await using var attacker = await RawConnection.Open(gateway.Grpc);
            for (var call = 0; call < 10_000; call++)
            {
                attacker.Call(Unary, RawCall.Framed([]), end: false).Reset();
            }
            // Kestrel may close the connection or keep up: it is the attacker's own.
            await attacker.Call(Unary, RawCall.Framed([])).Answer();
        }

        using var open = echo.AnalyzeStream(deadline: Deadline);
        await Echo(open, "after");
        AssertCalm(gateway);
    }

    [Fact]
    public async Task Connections_LostWithStreamsThatHaveNotBegun_CryNoAlarm()
    {
        await using var router = await RunningService.Start(EchoRouter.Create, null);
        using var gateway = await ServiceProcess.Start("Gateway", null, $"Endpoints:Services:router={router.Address}");
        using var channel = Grpc.Net.Client.GrpcChannel.ForAddress($"http://{gateway.Grpc}");
        for (var i = 0; i < 20; i++)
        {
            await using var attacker = await RawConnection.Open(gateway.Grpc);
            for (var call = 0; call < 50; call++)
            {
                attacker.Begin(Streaming);
            }
            // The gateway has received them all once it has answered the call after them.
            await attacker.Call(Unary, RawCall.Framed([])).Answer();
        }

        using var open = new RouterService.RouterServiceClient(channel).AnalyzeStream(deadline: Deadline);
        await Echo(open, "after");
        AssertCalm(gateway);
    }

    private static void AssertCalm(ServiceProcess gateway) => Assert.DoesNotContain(
        gateway.Lines, line => line.Contains("crit:", StringComparison.Ordinal) || line.Contains("fail:", StringComparison.Ordinal));

    /// <summary>Calls in sequence while something else runs, and returns their statuses.</summary>
    private static async Task<IReadOnlyList<StatusCode>> Beside(RunningService gateway, Func<Task> other)
    {
        var client = new RouterService.RouterServiceClient(gateway.Channel);
        var codes = new List<StatusCode>();
        var running = Task.Run(other, TestContext.Current.CancellationToken);
        do
        {
            using var call = client.AnalyzeStream(deadline: Deadline);
            try
            {
                await Echo(call, "beside");
                codes.Add(StatusCode.OK);
            }
            catch (RpcException e)
            {
                codes.Add(e.StatusCode);
            }
        }
        while (!running.IsCompleted);
        await running;
        return codes;
    }

    private static async Task Echo(AsyncDuplexStreamingCall<AnalyzeStreamRequest, AnalyzeStreamResponse> call, string id)
    {
        await call.RequestStream.WriteAsync(new AnalyzeStreamRequest { RequestId = id });
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(id, call.ResponseStream.Current.RequestId);
    }
}
