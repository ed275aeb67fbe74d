using System.Net;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using MedMoE.Mesh.Gateway.Tests.Access;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Gateway.Tests.Doors;

public sealed class GrpcWebTests : IAsyncLifetime
{
    private const string Page = "https://viewer.example.org";

    private readonly CallersFile _callers = new(CallersFile.Caller("all", "infer", "read"), CallersFile.Caller("reader", "read"));

    private readonly TemporaryFolder _folder = new();

    private RunningService _router = null!;
    private RunningService _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        var limit = $"--Serving:MaxMessageBytes={GuardedRouter.MaxMessageBytes}";
        _router = await RunningService.Start(EchoRouter.Create, null, limit);
        _gateway = await RunningService.Start(
            GatewayApp.Create, null, $"--Endpoints:Services:router={_router.Address}", $"--Access:Callers={_callers.Path}", limit,
            $"--Gateway:CorsOrigins={Page}, http://localhost:3000", $"--Audit:File={_folder["audit.log"]}");
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _router.DisposeAsync();
        _callers.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(GrpcWebMode.GrpcWeb)]
    [InlineData(GrpcWebMode.GrpcWebText)]
    public async Task Call_InBothEncodings_IsAnswered(GrpcWebMode mode)
    {
        using var channel = Connect(mode);
        // Lengths of every remainder by three, for base64, and one of many parts.
        foreach (var length in new[] { 0, 1, 2, 3, 1000, 500_000 })
        {
            var image = ByteString.CopyFrom([.. Enumerable.Range(0, length).Select(i => (byte)i)]);
            var answer = await new RouterService.RouterServiceClient(channel).EmbedImageAsync(
                new EmbedImageRequest { Image = new Image { Encoded = image } }, Key("all"),
                cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal(image, answer.Embedding.Data);
        }
    }

    [Theory]
    [InlineData(GrpcWebMode.GrpcWeb)]
    [InlineData(GrpcWebMode.GrpcWebText)]
    public async Task Call_ThatFails_HasStatusAndTrailers(GrpcWebMode mode)
    {
        using var channel = Connect(mode);
        var client = new RouterService.RouterServiceClient(channel);

        var failed = await Assert.ThrowsAsync<RpcException>(async () => await client.ClassifyAsync(new(), Key("all")));
        Assert.Equal(
            (StatusCode.FailedPrecondition, "no, 100 % no", "why"),
            (failed.StatusCode, failed.Status.Detail, failed.Trailers.GetValue("medmoe-test")));

        var unknown = await Assert.ThrowsAsync<RpcException>(async () => await client.ListExpertsAsync(new()));
        Assert.Equal(StatusCode.Unauthenticated, unknown.StatusCode);
        var denied = await Assert.ThrowsAsync<RpcException>(async () => await client.EmbedImageAsync(new(), Key("reader")));
        Assert.Equal((StatusCode.PermissionDenied, "reader lacks the right \"infer\""), (denied.StatusCode, denied.Status.Detail));

        var large = new EmbedImageRequest { Image = new Image { Encoded = ByteString.CopyFrom(new byte[GuardedRouter.MaxMessageBytes]) } };
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await client.EmbedImageAsync(large, Key("all")));
        Assert.Equal(
            (StatusCode.ResourceExhausted, $"the message is over the limit of {GuardedRouter.MaxMessageBytes} bytes"),
            (refused.StatusCode, refused.Status.Detail));

        // They are audited as all calls are.
        await Patience.Until("the lines of the audit", () => Audited().Length == 4);
        Assert.Equal(["FailedPrecondition", "PermissionDenied", "ResourceExhausted", "Unauthenticated"], Audited().Order(StringComparer.Ordinal));
    }

    /// <summary>As browsers send it: base64 of an announced length, which is not that of the message.</summary>
    [Fact]
    public async Task Call_OfABrowser_IsAnsweredAndItsOwnHeadersStayAtTheGateway()
    {
        using var client = new JsonClient(_gateway);
        using var content = new StringContent(Convert.ToBase64String(new byte[5]));
        content.Headers.ContentType = new("application/grpc-web-text");
        var answer = await client.Send(
            HttpMethod.Post, "/medmoe.mesh.v1.RouterService/ListExperts", content, ("accept", "application/grpc-web-text"), ("origin", Page),
            ("cookie", "a=b"), ("x-grpc-web", "1"), ("x-api-key", CallersFile.KeyOf("all")));
        Assert.Equal((200, "application/grpc-web-text"), (answer.Status, answer.Type));
        Assert.Equal(Page, answer.Headers["access-control-allow-origin"]);
        var seen = _router.Get<EchoRouter.Calls>().HeaderNames;
        Assert.Contains("x-grpc-web", seen);
        Assert.DoesNotContain(seen, name => name is "cookie" or "origin");
    }

    [Theory]
    [InlineData("!!!!")]
    [InlineData("AAAAAAA")]
    public async Task Text_ThatIsNoBase64_IsRefused(string text)
    {
        using var client = new JsonClient(_gateway);
        using var content = new StringContent(text);
        content.Headers.ContentType = new("application/grpc-web-text");
        var answer = await client.Send(
            HttpMethod.Post, "/medmoe.mesh.v1.RouterService/ListExperts", content, ("x-api-key", CallersFile.KeyOf("all")));
        Assert.Equal((200, "3", "the request is not base64"), (answer.Status, answer.Headers["grpc-status"], answer.Headers["grpc-message"]));
    }

    [Fact]
    public async Task Question_OfABrowser_IsAnsweredForThePagesOfTheList()
    {
        using var client = new JsonClient(_gateway);
        Task<JsonAnswer> Ask(string origin) => client.Send(
            HttpMethod.Options, "/medmoe.mesh.v1.RouterService/EmbedImage", null, ("origin", origin), ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type,x-api-key,x-grpc-web"));

        var known = await Ask(Page);
        Assert.Equal((204, Page), (known.Status, known.Headers["access-control-allow-origin"]));
        Assert.Contains("x-api-key", known.Headers["access-control-allow-headers"]);
        Assert.DoesNotContain("access-control-allow-origin", (await Ask("https://elsewhere.example.org")).Headers.Keys);
    }

    [Fact]
    public async Task Answer_ForAPageOfTheList_ShowsItsHeaders()
    {
        using var client = new JsonClient(_gateway);
        foreach (var answer in new[]
        {
            await client.Get("/v1/experts", ("origin", Page), ("x-api-key", CallersFile.KeyOf("all"))),
            await client.Get("/v1/experts", ("origin", Page)),
        })
        {
            Assert.Equal(Page, answer.Headers["access-control-allow-origin"]);
            Assert.Contains("grpc-status", answer.Headers["access-control-expose-headers"]);
        }
    }

    [Fact]
    public async Task Question_OfABrowser_WithoutAList_IsNotAnswered()
    {
        await using var gateway = await RunningService.Start(GatewayApp.Create, null, $"--Endpoints:Services:router={_router.Address}");
        using var client = new JsonClient(gateway);
        var answer = await client.Send(HttpMethod.Options, "/v1/experts", null, ("origin", Page), ("access-control-request-method", "GET"));
        Assert.Equal(405, answer.Status);
        Assert.DoesNotContain("access-control-allow-origin", answer.Headers.Keys);
    }

    [Theory]
    [InlineData("viewer.example.org")]
    [InlineData("https://viewer.example.org/")]
    public async Task Origin_ThatIsNone_EndsTheStart(string origin)
    {
        var e = await Assert.ThrowsAsync<InvalidSettingException>(
            () => RunningService.Start(GatewayApp.Create, null, $"--Gateway:CorsOrigins={origin}"));
        Assert.Contains("CorsOrigins", e.Message);
    }

    /// <summary>The statuses of the calls that have been audited.</summary>
    private string[] Audited()
    {
        using var file = new StreamReader(new FileStream(_folder["audit.log"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return [.. file.ReadToEnd().Split('\n').SkipLast(1).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("status").GetString()!)];
    }

    private static Metadata Key(string caller) => new() { { "x-api-key", CallersFile.KeyOf(caller) } };

    private GrpcChannel Connect(GrpcWebMode mode) => GrpcChannel.ForAddress(_gateway.Http, new GrpcChannelOptions
    {
        HttpHandler = new GrpcWebHandler(mode, new HttpClientHandler()),
        HttpVersion = HttpVersion.Version11,
        MaxReceiveMessageSize = null,
    });
}
