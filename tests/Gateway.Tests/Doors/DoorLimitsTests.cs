using System.Globalization;
using MedMoE.Mesh.Gateway.Limits;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Gateway.Tests.Doors;

/// <summary>What a caller of a door may cost others.</summary>
public sealed class DoorLimitsTests : IAsyncLifetime
{
    private const string Path = "/v1/embed/image";

    private RunningService _router = null!;

    public async ValueTask InitializeAsync() => _router = await RunningService.Start(EchoRouter.Create, null, "--Serving:MaxMessageBytes=67108864");

    public ValueTask DisposeAsync() => _router.DisposeAsync();

    [Fact]
    public async Task Body_AnnouncedTooLarge_IsRefusedAtOnce()
    {
        await using var gateway = await Start();
        await using var connection = await RawHttp.Open(gateway.Http);
        await connection.Write(Head($"content-length: {40 << 20}"));
        Assert.StartsWith("HTTP/1.1 413 ", await connection.ReadUntil("the message is over the limit of 33554432 bytes"));
    }

    /// <summary>Of 40 MB in JSON nothing is kept once they are too many, and no more than they took on the way.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Body_TooLarge_IsRefusedAndForgotten(bool isChunked)
    {
        await using var gateway = await Start("--Serving:MaxMessageBytes=4194304");
        var part = new string('a', 64 << 10);
        for (var i = 0; i < 3; i++)
        {
            await using var connection = await RawHttp.Open(gateway.Http);
            await connection.Write(Head(isChunked ? "transfer-encoding: chunked" : $"content-length: {40 << 20}"));
            var sent = Task.Run(async () =>
            {
                for (var bytes = 0; bytes < 40 << 20; bytes += part.Length)
                {
                    await (isChunked ? connection.WriteChunk(part) : connection.Write(part));
                }
            });
            Assert.StartsWith("HTTP/1.1 413 ", await connection.ReadUntil("the message is over the limit of 4194304 bytes"));
            await Patience.Until("the bytes to be given back", () => gateway.Get<RequestBytes>().Held == 0);
            // The rest is read, or the connection is closed.
            await Record.ExceptionAsync(() => sent);
        }
    }

    [Fact]
    public async Task Body_TooSlow_IsRefused()
    {
        await using var gateway = await Start("--Gateway:MessageTimeout=00:00:00.2");
        await using var connection = await RawHttp.Open(gateway.Http);
        await connection.Write(Head("content-length: 1000") + "{");
        Assert.StartsWith("HTTP/1.1 504 ", await connection.ReadUntil("did not arrive within 0.2 s (Gateway:MessageTimeout)"));
    }

    [Fact]
    public async Task Bodies_OfOneCaller_AreCountedAsTheyArrive()
    {
        await using var gateway = await Start("--Gateway:MaxBytes=1048576");
        using var client = new JsonClient(gateway);
        var image = JsonClient.Image(new byte[100 << 10]);
        await using (var half = await RawHttp.Open(gateway.Http))
        {
            await half.Write(Head("content-length: 500000") + new string(' ', 400_000));
            await Patience.Until("the half of a body", () => gateway.Get<RequestBytes>().Held >= 400_000);
            Assert.Equal(
                "over the limit of 524288 bytes of request messages held for one client (Gateway:MaxBytes, Gateway:MaxClientShare)",
                (await client.Post(Path, image)).Detail(429, "RESOURCE_EXHAUSTED"));
        }
        await Patience.Until("the bytes to be given back", () => gateway.Get<RequestBytes>().Held == 0);
        var answer = await client.Post(Path, image);
        Assert.Equal(200, answer.Status);
        Assert.Equal(100 << 10, answer.Json.GetProperty("embedding").GetProperty("data").GetBytesFromBase64().Length);
        await Patience.Until("the bytes to be given back", () => gateway.Get<RequestBytes>().Held == 0);
    }

    [Fact]
    public async Task Refusal_OfALimit_SaysWhenToTryAgain()
    {
        await using var gateway = await Start("--Gateway:CallsPerSecond=1");
        using var client = new JsonClient(gateway);
        JsonAnswer answer;
        do
        {
            answer = await client.Get("/v1/experts");
        }
        while (answer.Status == 200);
        Assert.Equal("over the limit of 1 calls per second for one client", answer.Detail(429, "RESOURCE_EXHAUSTED"));
        Assert.Equal("1", answer.Headers["retry-after"]);
    }

    [Fact]
    public async Task Caller_GoesInTheMiddleOfABody_IsCancelled()
    {
        await using var gateway = await Start();
        await using (var half = await RawHttp.Open(gateway.Http))
        {
            await half.Write(Head("content-length: 100000") + new string(' ', 50_000));
            await Patience.Until("the half of a body", () => gateway.Get<RequestBytes>().Held > 0);
        }
        await Patience.Until("the end of the call", async () => (await ServiceMetric.Read(gateway.Http.Authority)).Any(metric =>
            metric.Name == "medmoe_request_duration_seconds_count" && metric.Value == 1
            && metric.Tags.Contains("EmbedImage", StringComparison.Ordinal) && metric.Tags.Contains("Cancelled", StringComparison.Ordinal)));
        Assert.Equal(0, gateway.Get<RequestBytes>().Held);
    }

    [Fact]
    public async Task Caller_GoesBeforeTheAnswer_TheServiceHearsOfIt()
    {
        await using var gateway = await Start();
        await using (var connection = await RawHttp.Open(gateway.Http))
        {
            await connection.Write("POST /v1/embed/text HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}");
            await _router.Get<EchoRouter.Calls>().Begun();
        }
        await _router.Get<EchoRouter.Calls>().Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Answer_ThatIsNotRead_EndsTheConnection()
    {
        await using var gateway = await Start("--Gateway:AnswerTimeout=00:00:01");
        await using var connection = await RawHttp.Open(gateway.Http);
        var body = JsonClient.Image(new byte[20 << 20]);
        await connection.Write(Head($"content-length: {body.Length.ToString(CultureInfo.InvariantCulture)}"));
        await connection.Write(body);
        await Patience.Until("the body", () => gateway.Get<RequestBytes>().Held > 0);
        await Patience.Until("the end of the call", () => gateway.Get<RequestBytes>().Held == 0);
        await connection.ReadToEnd();
    }

    [Fact]
    public async Task Body_StillComingWhenTheGatewayStops_IsUnavailable()
    {
        await using var gateway = await Start();
        await using var connection = await RawHttp.Open(gateway.Http);
        await connection.Write(Head("content-length: 1000") + "{");
        await Patience.Until("the beginning of a body", () => gateway.Get<RequestBytes>().Held > 0);
        gateway.BeginStopping();
        Assert.StartsWith("HTTP/1.1 503 ", await connection.ReadUntil("\"code\":\"UNAVAILABLE\""));
    }

    private static string Head(string length) => $"POST {Path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{length}\r\n\r\n";

    private Task<RunningService> Start(params string[] settings) =>
        RunningService.Start(GatewayApp.Create, null, [$"--Endpoints:Services:router={_router.Address}", .. settings]);
}
