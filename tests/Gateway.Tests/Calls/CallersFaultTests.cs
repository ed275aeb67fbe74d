using System.IO.Compression;
using System.Net;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.ServicesUnderTest.Http2;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Gateway.Tests.Calls;

/// <summary>Invalid requests that no handler sees, at a service and through the gateway: whose fault they are.</summary>
public sealed class CallersFaultTests(GuardedRouter guarded) : IClassFixture<GuardedRouter>
{
    private const string Unary = "/medmoe.mesh.v1.RouterService/Classify";
    private const string Streaming = "/medmoe.mesh.v1.RouterService/AnalyzeStream";
    private const int MaxMessageBytes = GuardedRouter.MaxMessageBytes;

    private static readonly byte[] _empty = RawCall.Framed([]);

    // Classes to choose from, or requests that are merged.
    private static readonly byte[] _many = [.. Enumerable.Repeat<byte[]>([0x12, 0x00], 1 << 17).SelectMany(field => field)];

    private static readonly Dictionary<string, Oddity> _oddities = new()
    {
        ["no protobuf"] = new([], RawCall.Framed([0x0a, 0xff]), StatusCode.InvalidArgument, "not a valid Protocol Buffers encoding"),
        ["many empty messages"] = new([], RawCall.Framed(_many), StatusCode.InvalidArgument, "more than 65536 fields and elements"),
        ["many empty messages, compressed"] = new(
            [("grpc-encoding", "gzip")], RawCall.Framed(Zipped(_many), flag: 1), StatusCode.InvalidArgument, "more than 65536 fields and elements"),
        ["gzip that is none"] = new(
            [("grpc-encoding", "gzip")], RawCall.Framed([1, 2, 3], flag: 1),
            StatusCode.InvalidArgument, "not compressed with the algorithm in grpc-encoding"),
        ["gzip that is too large"] = new(
            [("grpc-encoding", "gzip")], RawCall.Framed(Zipped(MaxMessageBytes + 1), flag: 1),
            StatusCode.ResourceExhausted, "limit of 1048576 bytes"),
        ["deflate that is too large"] = new(
            [("grpc-encoding", "deflate")], RawCall.Framed(Deflated(MaxMessageBytes + 1), flag: 1),
            StatusCode.ResourceExhausted, "limit of 1048576 bytes"),
        ["compressed without an encoding"] = new([], RawCall.Framed([1], flag: 1), StatusCode.InvalidArgument, "grpc-encoding"),
        ["compressed as identity"] = new([("grpc-encoding", "identity")], RawCall.Framed([1], flag: 1), StatusCode.InvalidArgument, "grpc-encoding"),
        ["unknown encoding"] = new([("grpc-encoding", "zstd")], RawCall.Framed([1], flag: 1), StatusCode.Unimplemented, "zstd"),
        ["flag 2"] = new([], RawCall.Framed([], flag: 2), StatusCode.InvalidArgument, "first byte"),
        ["flag 255"] = new([], RawCall.Framed([], flag: 255), StatusCode.InvalidArgument, "first byte"),
        ["prefix of 4 GiB"] = new([], [0, 255, 255, 255, 255], StatusCode.ResourceExhausted, "limit of 1048576 bytes"),
        ["prefix over the limit"] = new([], [0, 0, 16, 0, 1], StatusCode.ResourceExhausted, "limit of 1048576 bytes"),
        ["half a message"] = new([], [0, 0, 0, 0, 9, 1], StatusCode.InvalidArgument, "before its message was complete"),
        ["half a prefix"] = new([], [0, 0], StatusCode.InvalidArgument, "before its message was complete"),
        ["no message"] = new([], [], StatusCode.InvalidArgument, "before its message was complete", StreamCode: StatusCode.OK),
        ["two messages"] = new([], [.. _empty, .. _empty], StatusCode.InvalidArgument, "takes one message", StreamCode: StatusCode.OK),
        ["transfer-encoding"] = new([("transfer-encoding", "chunked")], _empty, StatusCode.InvalidArgument, "transfer-encoding"),
        ["no content-type"] = new([("content-type", null)], _empty, StatusCode.InvalidArgument, "content-type"),
        ["gRPC-Web"] = new([("content-type", "application/grpc-web")], _empty, StatusCode.InvalidArgument, "content-type"),
        ["GET"] = new([(":method", "GET")], _empty, StatusCode.InvalidArgument, ":method"),
        ["timeout 0S"] = new([("grpc-timeout", "0S")], _empty, StatusCode.DeadlineExceeded, "had passed"),
        ["timeout 0n"] = new([("grpc-timeout", "0n")], _empty, StatusCode.DeadlineExceeded, "had passed"),
        ["timeout 99n"] = new([("grpc-timeout", "99n")], _empty, StatusCode.DeadlineExceeded, "had passed"),
        ["timeout -1S"] = new([("grpc-timeout", "-1S")], _empty, StatusCode.InvalidArgument, "grpc-timeout"),
        ["timeout 1.5S"] = new([("grpc-timeout", "1.5S")], _empty, StatusCode.InvalidArgument, "grpc-timeout"),
        ["timeout of nine digits"] = new([("grpc-timeout", "999999999H")], _empty, StatusCode.InvalidArgument, "grpc-timeout"),
        ["timeout of other digits"] = new([("grpc-timeout", "\u00d9\u00a1S")], _empty, StatusCode.InvalidArgument, "grpc-timeout"),
        ["two timeouts"] = new([("grpc-timeout", "1S"), ("grpc-timeout", "2S")], _empty, StatusCode.InvalidArgument, "grpc-timeout"),
        ["timeout without a unit"] = new([("grpc-timeout", "5")], _empty, StatusCode.InvalidArgument, "grpc-timeout"),
        // Unusual but valid.
        ["timeout of 11,000 years"] = new([("grpc-timeout", "99999999H")], _empty, StatusCode.FailedPrecondition, "", StreamCode: StatusCode.OK),
        ["authority with a comma"] = new([(":authority", "a:1,b:2")], _empty, StatusCode.FailedPrecondition, "", StreamCode: StatusCode.OK),
        ["authority that is none"] = new([(":authority", "[\u00fc:/?")], _empty, StatusCode.FailedPrecondition, "", StreamCode: StatusCode.OK),
        ["UTF-8 in a header"] = new(
            [("x-user", "M\u00c3\u00bcller"), ("user-agent", "Pr\u00c3\u00bcfung/1")], _empty,
            StatusCode.FailedPrecondition, "", StreamCode: StatusCode.OK),
        ["no UTF-8 in a header"] = new([("x-user", "M\u00fcller")], _empty, StatusCode.FailedPrecondition, "", StreamCode: StatusCode.OK),
        ["content-type with a subtype"] = new(
            [("content-type", "application/grpc+proto")], _empty, StatusCode.FailedPrecondition, "", StreamCode: StatusCode.OK),
    };

    public static TheoryData<string> Oddities => [.. _oddities.Keys];

    [Theory]
    [MemberData(nameof(Oddities))]
    public async Task Request_OddAndUnary_IsTheCallersFault(string name)
    {
        var oddity = _oddities[name];
        var direct = await Ended(guarded.Router, Unary, oddity);
        var proxied = await Ended(guarded.Gateway, Unary, oddity);

        Assert.Equal((oddity.Code, oddity.Code), (direct.Code, proxied.Code));
        Assert.Contains(oddity.Words, direct.Message);
        Assert.Contains(oddity.Words, proxied.Message);
    }

    [Theory]
    [MemberData(nameof(Oddities))]
    public async Task Request_OddAndStreaming_IsTheCallersFault(string name)
    {
        var oddity = _oddities[name];
        var direct = await Ended(guarded.Router, Streaming, oddity);
        var proxied = await Ended(guarded.Gateway, Streaming, oddity);

        var expected = oddity.StreamCode ?? oddity.Code;
        Assert.Equal((expected, expected), (direct.Code, proxied.Code));
        if (expected != StatusCode.OK)
        {
            Assert.Contains(oddity.Words, direct.Message);
            Assert.Contains(oddity.Words, proxied.Message);
        }
    }

    [Fact]
    public async Task Messages_ByteByByte_ArriveWhole()
    {
        await using var connection = await RawConnection.Open(guarded.Gateway.Address);
        byte[] messages = [.. new[] { "a", "b" }.SelectMany(id => RawCall.Framed(new AnalyzeStreamRequest { RequestId = id }.ToByteArray()))];
        var call = connection.Begin(Streaming);

        foreach (var one in messages)
        {
            call.Send([one], end: false);
        }
        call.Send([], end: true);

        var answer = await call.Answer();
        Assert.Equal(StatusCode.OK, answer.Code);
        Assert.Equal(["a", "b"], answer.Messages().Select(m => AnalyzeStreamResponse.Parser.ParseFrom(m.Array, m.Offset, m.Count).RequestId));
    }

    [Fact]
    public async Task Request_RefusedBeforeAHandler_IsCounted()
    {
        const string Method = "/medmoe.mesh.v1.TextEncoderService/Encode";
        using var files = new GoldenBundle(Architecture.Paper);
        // Separate processes: services of one process share a meter.
        using var service = await ServiceProcess.Start("TextEncoder", null, $"Model:Bundle={files.Root}");
        using var gateway = await ServiceProcess.Start("Gateway", null, $"Endpoints:Services:text-encoder={service.Grpc}");

        await Ended(gateway.Grpc, Method, _oddities["no protobuf"]);

        await AssertCountedOnce(service.Http, Method);
        await AssertCountedOnce(gateway.Http, Method);
    }

    [Theory]
    [InlineData("/medmoe.mesh.v1.RouterService/NoMethod")]
    [InlineData("/medmoe.mesh.v1.RouterService/..")]
    [InlineData("/a/b/c")]
    [InlineData("/")]
    public async Task Path_OfNoMethod_IsUnimplemented(string path)
    {
        var call = new Oddity([], _empty, StatusCode.Unimplemented, "");

        Assert.Equal(StatusCode.Unimplemented, (await Ended(guarded.Router, path, call)).Code);
        Assert.Equal(StatusCode.Unimplemented, (await Ended(guarded.Gateway, path, call)).Code);
    }

    [Fact]
    public async Task Metadata_OverTheLimit_IsRefusedBeforeItIsForwarded()
    {
        // Without this nothing would answer the call.
        await using var gateway = await RunningService.Start(GatewayApp.Create, null, "--Endpoints:Services:router=127.0.0.1:9");

        foreach (var size in new[] { 16_400, 31_300, 200_000 })
        {
            var answer = await Ended(gateway, Unary, new Oddity([("x-note", new string('x', size))], _empty, StatusCode.ResourceExhausted, ""));
            Assert.Equal(StatusCode.ResourceExhausted, answer.Code);
            Assert.Matches(@"the metadata has \d+ bytes, over the limit of 16384 \(Gateway:MaxMetadataBytes\)", answer.Message);
        }
    }

    [Fact]
    public async Task Metadata_JustWithinTheLimit_ArrivesByteForByte()
    {
        await using var connection = await RawConnection.Open(guarded.Gateway.Address);
        // UTF-8, and bytes that are not.
        var value = "M\u00c3\u00bcller \u00fc" + new string('x', 15_000);

        var answer = await connection.Call(Streaming, _empty, true, ("medmoe-test", value)).Answer();

        Assert.Equal(StatusCode.OK, answer.Code);
        Assert.Equal(value, guarded.Router.Get<EchoRouter.Calls>().Header);
    }

    [Fact]
    public async Task Request_InJson_IsRefusedInJson()
    {
        using var http = new HttpClient { DefaultRequestVersion = new Version(2, 0), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        foreach (var service in new[] { guarded.Router, guarded.Gateway })
        {
            foreach (var path in new[] { Unary, Streaming })
            {
                using var json = new StringContent("{}", Encoding.UTF8, "application/json");

                using var answer = await http.PostAsync(new Uri($"http://{service.Address}{path}"), json, TestContext.Current.CancellationToken);

                Assert.Equal(
                    (HttpStatusCode.BadRequest, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
                Assert.Contains(
                    "content-type: expected application/grpc", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            }
        }
    }

    private static async Task AssertCountedOnce(string http, string method)
    {
        var counts = (await ServiceMetric.Read(http)).Where(m => m.Tags.Contains(method, StringComparison.Ordinal)).ToArray();
        Assert.Equal(0, Assert.Single(counts, m => m.Name == "medmoe_requests").Value);
        var invalid = Assert.Single(
            counts, m => m.Name == "medmoe_request_duration_seconds_count" && m.Tags.Contains("InvalidArgument", StringComparison.Ordinal));
        Assert.Equal(1, invalid.Value);
    }

    private static Task<RawAnswer> Ended(RunningService service, string path, Oddity oddity) => Ended(service.Address, path, oddity);

    private static async Task<RawAnswer> Ended(string address, string path, Oddity oddity)
    {
        await using var connection = await RawConnection.Open(address);
        var answer = await connection.Call(path, oddity.Body, true, oddity.Headers).Answer();
        Assert.Null(answer.Reset);
        // The connection is still usable.
        Assert.Equal(StatusCode.OK, (await connection.Call("/grpc.health.v1.Health/Check", _empty).Answer()).Code);
        return answer;
    }

    private static byte[] Zipped(int zeros) => Zipped(new byte[zeros]);

    private static byte[] Zipped(byte[] content)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }
        return zipped.ToArray();
    }

    private static byte[] Deflated(int zeros)
    {
        using var deflated = new MemoryStream();
        using (var zlib = new ZLibStream(deflated, CompressionLevel.Fastest))
        {
            zlib.Write(new byte[zeros]);
        }
        return deflated.ToArray();
    }

    /// <summary>A request and its expected answer.</summary>
    private sealed record Oddity((string Name, string? Value)[] Headers, byte[] Body, StatusCode Code, string Words, StatusCode? StreamCode = null);
}
