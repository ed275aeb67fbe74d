using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.ServicesUnderTest.Http2;
using MedMoE.Mesh.V1;
using StackExchange.Redis;
using static MedMoE.Mesh.ServicesUnderTest.Signals;

namespace MedMoE.Mesh.Local.Tests;

/// <summary>Request data appears nowhere in files, logs or metrics of a mesh, only in the caller's own answers.</summary>
public sealed class PrivacyTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _runtime = new();

    // Included in every text, header, name and image sent; the prefix tells which one.
    private readonly string _mark = $"zq{Guid.NewGuid():N}"[..14];

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public async Task WhatCallersSend_GoodOrBad_IsInNoLogMetricFileOrCache()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        var (mesh, gateway) = await LocalProcess.UpWhole(_runtime, "--redis", redis.Address);
        using var own = mesh;

        var codes = await GoodCalls(gateway);
        codes = [.. codes, .. await BadCalls(gateway), .. await UnreadableCalls(gateway)];

        // Some calls succeed, and others fail in every way that a caller can cause.
        Assert.Subset(
            codes.ToHashSet(),
            new HashSet<StatusCode>
            {
                StatusCode.OK, StatusCode.InvalidArgument, StatusCode.ResourceExhausted, StatusCode.DeadlineExceeded, StatusCode.Unimplemented,
                StatusCode.NotFound,
            });
        Assert.DoesNotContain(StatusCode.Unknown, codes);
        Assert.DoesNotContain(StatusCode.Internal, codes);
        foreach (var row in mesh.Table)
        {
            AssertClean($"/metrics of {row.Service}", await Read(row.Http, "/metrics"));
            AssertClean($"/healthz of {row.Service}", await Read(row.Http, "/healthz"));
        }
        Assert.NotEqual(0, await AssertRedisClean(redis.Address));
        // Without the socket, which has no length.
        foreach (var file in Directory.EnumerateFiles(_runtime.Path, "*", SearchOption.AllDirectories).Where(file => new FileInfo(file).Length > 0))
        {
            AssertClean(file, await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        }
        mesh.Signal(SigTerm);
        Assert.Equal(0, await mesh.ExitCode());
        AssertClean("the logs", Encoding.UTF8.GetBytes(mesh.Output));
    }

    private string Marked(string what) => $"{what}-{_mark}";

    private AnalyzeRequest Request(string expert = "ct") => new()
    {
        Image = Picture(),
        Report = $"There is a large mass. {_mark}",
        Phrases = { $"a mass {_mark}" },
        Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = expert },
        ReturnAttention = true,
    };

    /// <summary>A PNG with a comment, and bytes after its end.</summary>
    private Image Picture()
    {
        var png = File.ReadAllBytes(Golden.PathOf("preprocessing", "gray8_130x100.png"));
        // After signature and header; readers skip a comment and its checksum.
        const int Header = 8 + 25;
        var comment = Encoding.ASCII.GetBytes($"tEXtComment\0{Marked("comment")}");
        return new Image
        {
            Encoded = ByteString.CopyFrom(
            [
                .. png[..Header], 0, 0, 0, (byte)(comment.Length - 4), .. comment, 0, 0, 0, 0,
                .. png[Header..], .. Encoding.ASCII.GetBytes(Marked("end")),
            ]),
        };
    }

    private async Task<IReadOnlyList<StatusCode>> GoodCalls(string gateway)
    {
        using var channel = GrpcChannel.ForAddress($"http://{gateway}");
        var router = new RouterService.RouterServiceClient(channel);
        var headers = new Metadata { { "x-user", Marked("user") }, { "x-note-bin", Encoding.UTF8.GetBytes(Marked("note")) } };
        var deadline = DateTime.UtcNow + _patience;
        return
        [
            await Code(router.AnalyzeAsync(Request(), headers, deadline).ResponseAsync),
            // From the cache.
            await Code(router.AnalyzeAsync(Request(), headers, deadline).ResponseAsync),
            await Code(router.ClassifyAsync(
                new ClassifyRequest
                {
                    Image = Picture(),
                    Classes =
                    {
                        new ClassPrompts { Name = Marked("class"), Prompts = { $"mass {_mark}" } },
                        new ClassPrompts { Name = Marked("other"), Prompts = { $"cyst {_mark}" } },
                    },
                },
                headers, deadline).ResponseAsync),
            await Code(router.EmbedTextAsync(new EmbedTextRequest { Texts = { $"abscess {_mark}" } }, headers, deadline).ResponseAsync),
            await Code(router.EmbedImageAsync(new EmbedImageRequest { Image = Picture() }, headers, deadline).ResponseAsync),
            await Stream(router, new AnalyzeStreamRequest { RequestId = Marked("id"), Request = Request() }),
            await Stream(router, new AnalyzeStreamRequest { RequestId = Marked("bad"), Request = Request(Marked("expert")) }),
        ];
    }

    private async Task<IReadOnlyList<StatusCode>> BadCalls(string gateway)
    {
        using var channel = GrpcChannel.ForAddress($"http://{gateway}");
        var (router, deadline) = (new RouterService.RouterServiceClient(channel), DateTime.UtcNow + _patience);
        var noImage = Request();
        noImage.Image = new Image { Encoded = ByteString.CopyFromUtf8(Marked("image")) };
        var noNumbers = Request();
        var pixels = new WireTensor { DataType = DataType.Fp32, Shape = { 3, 224, 224 }, Data = ByteString.CopyFromUtf8(Marked("pixels")) };
        noNumbers.Image = new Image { Pixels = pixels };
        var manyTexts = new EmbedTextRequest { Texts = { Enumerable.Repeat(Marked("text"), 1000) } };
        var large = new EmbedTextRequest { Texts = { string.Join(' ', Enumerable.Repeat(Marked("text"), 2_000_000)) } };
        var largeHeader = new Metadata { { "x-large", new string('x', 20_000) + _mark } };
        var (models, unknown) = (new ModelService.ModelServiceClient(channel), new Metadata { { "medmoe-service", Marked("service") } });
        var health = new Grpc.Health.V1.Health.HealthClient(channel);
        return
        [
            await Code(router.AnalyzeAsync(Request(Marked("expert")), deadline: deadline).ResponseAsync),
            await Code(router.AnalyzeAsync(noImage, deadline: deadline).ResponseAsync),
            await Code(router.AnalyzeAsync(noNumbers, deadline: deadline).ResponseAsync),
            await Code(router.AnalyzeAsync(Request(), deadline: DateTime.UtcNow).ResponseAsync),
            await Code(router.EmbedTextAsync(manyTexts, deadline: deadline).ResponseAsync),
            await Code(router.EmbedTextAsync(large, deadline: deadline).ResponseAsync),
            await Code(router.EmbedTextAsync(new EmbedTextRequest { Texts = { _mark } }, largeHeader, deadline).ResponseAsync),
            await Code(models.GetModelAsync(new GetModelRequest(), unknown, deadline).ResponseAsync),
            await Code(health.CheckAsync(new Grpc.Health.V1.HealthCheckRequest { Service = Marked("health") }, deadline: deadline).ResponseAsync),
        ];
    }

    private async Task<IReadOnlyList<StatusCode>> UnreadableCalls(string gateway)
    {
        const string Analyze = "/medmoe.mesh.v1.RouterService/Analyze";
        const string AnalyzeStream = "/medmoe.mesh.v1.RouterService/AnalyzeStream";
        await using var connection = await RawConnection.Open(gateway);
        // Field 2 announces more bytes than follow.
        var unreadable = RawCall.Framed([0x12, 0x7f, .. Encoding.ASCII.GetBytes(Marked("message"))]);
        RawCall[] calls =
        [
            connection.Call(Analyze, unreadable),
            connection.Call(AnalyzeStream, unreadable),
            connection.Call(Analyze, RawCall.Framed(Encoding.ASCII.GetBytes(Marked("gzip")), flag: 1), more: [("grpc-encoding", "gzip")]),
            connection.Call(Analyze, RawCall.Framed([]), more: [("grpc-timeout", Marked("timeout"))]),
            connection.Call(Analyze, RawCall.Framed([]), more: [("grpc-encoding", Marked("encoding"))]),
            connection.Call(Analyze, RawCall.Framed([]), more: [(":authority", Marked("authority"))]),
            connection.Call($"/medmoe.mesh.v1.RouterService/{Marked("Method")}", RawCall.Framed([])),
            connection.Call($"/{Marked("Service")}/Method", RawCall.Framed([])),
            connection.Call(Analyze, RawCall.Framed([]), more: [("x-user", $"Müller {_mark}")]),
        ];
        return [.. (await Task.WhenAll(calls.Select(call => call.Answer()))).Select(answer => answer.Code ?? StatusCode.Cancelled)];
    }

    private static async Task<StatusCode> Code(Task call)
    {
        try
        {
            await call;
            return StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }

    /// <summary>The status of a stream's single item.</summary>
    private static async Task<StatusCode> Stream(RouterService.RouterServiceClient router, AnalyzeStreamRequest item)
    {
        using var call = router.AnalyzeStream(deadline: DateTime.UtcNow + _patience);
        await call.RequestStream.WriteAsync(item);
        await call.RequestStream.CompleteAsync();
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        return call.ResponseStream.Current.Error is { } error ? (StatusCode)error.Code : StatusCode.OK;
    }

    private static async Task<byte[]> Read(string http, string path)
    {
        using var client = new HttpClient();
        return await client.GetByteArrayAsync($"http://{http}{path}", TestContext.Current.CancellationToken);
    }

    /// <summary>Asserts that no entry contains a mark, and returns the number of entries.</summary>
    private async Task<int> AssertRedisClean(string address)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{address},allowAdmin=true");
        var (server, database, entries) = (connection.GetServers()[0], connection.GetDatabase(), 0);
        await foreach (var key in server.KeysAsync(pageSize: 1000).WithCancellation(TestContext.Current.CancellationToken))
        {
            AssertClean("a key of Redis", (byte[])key!);
            AssertClean("an entry of Redis", (byte[])(await database.StringGetAsync(key))!);
            entries++;
        }
        return entries;
    }

    private void AssertClean(string where, byte[] content)
    {
        var text = Encoding.Latin1.GetString(content);
        var at = text.IndexOf(_mark, StringComparison.OrdinalIgnoreCase);
        Assert.True(at < 0, $"{where} has what a caller sent: {text[Math.Max(0, at - 60)..Math.Max(0, Math.Min(text.Length, at + 40))]}");
    }
}
