using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1;
using MedMoE.Mesh.Gateway.Tests.Doors;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Serving.Access;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Gateway.Tests.Access;

public sealed class KeyTests : IAsyncLifetime
{
    private readonly CallersFile _callers = new(
        CallersFile.Caller("all", "infer", "read", "direct", "operate"), CallersFile.Caller("reader", "read"),
        CallersFile.Caller("clinic", "infer"), Limited());

    private RunningService _router = null!;
    private RunningService _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _router = await RunningService.Start(EchoRouter.Create, null);
        _gateway = await RunningService.Start(
            GatewayApp.Create, null, $"--Endpoints:Services:router={_router.Address}", $"--Access:Callers={_callers.Path}");
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _router.DisposeAsync();
        _callers.Dispose();
    }

    [Theory]
    [InlineData("authorization", "Bearer KEY")]
    [InlineData("authorization", "bearer KEY")]
    [InlineData("x-api-key", "KEY")]
    public async Task Call_WithAKey_IsAnsweredAndTheKeyStaysAtTheGateway(string header, string value)
    {
        await ListExperts(new Metadata { { header, value.Replace("KEY", CallersFile.KeyOf("all"), StringComparison.Ordinal) } });
        var seen = _router.Get<EchoRouter.Calls>().HeaderNames;
        Assert.Contains("x-request-id", seen);
        Assert.DoesNotContain(header, seen);
    }

    /// <summary>Services behind the gateway share their queues by it.</summary>
    [Fact]
    public async Task Share_OfACaller_IsItsListsAndNotItsOwnWord()
    {
        var heavy = CallersFile.Caller("heavy", "read");
        (heavy["weight"], heavy["priority"]) = (5, "sheddable");
        _callers.Write(heavy, CallersFile.Caller("plain", "read"));
        await Patience.Until("the new list", async () => await Record.ExceptionAsync(() => ListExperts(Key("plain"))) is null);
        async Task<string[]> Share(Metadata headers)
        {
            await ListExperts(headers);
            return _router.Get<EchoRouter.Calls>().Share.Split(';');
        }

        var plain = await Share([.. Key("plain"), new("medmoe-share", "x;99;normal")]);
        var yielding = await Share([.. Key("plain"), new("x-medmoe-priority", "sheddable")]);
        var listed = await Share(Key("heavy"));
        Assert.Equal((["1", "normal"], ["1", "sheddable"], ["5", "sheddable"]), (plain[1..], yielding[1..], listed[1..]), Equal);
        Assert.Equal(plain[0], yielding[0]);
        Assert.NotEqual(plain[0], listed[0]);
        Assert.Matches("^[0-9a-f]{16}$", plain[0]);

        static bool Equal((string[] A, string[] B, string[] C) a, (string[] A, string[] B, string[] C) b) =>
            a.A.SequenceEqual(b.A) && a.B.SequenceEqual(b.B) && a.C.SequenceEqual(b.C);
    }

    [Theory]
    [InlineData("", "no key: send authorization: Bearer KEY, or x-api-key")]
    [InlineData("authorization=Bearer another-key", "unknown key")]
    [InlineData("x-api-key=another-key", "unknown key")]
    [InlineData("x-api-key=", "unknown key")]
    [InlineData("authorization=Basic dXNlcjpwYXNzd29yZA==", "authorization: expected Bearer and a key or token")]
    [InlineData("authorization=Bearer a.b.c", "unknown key")]
    [InlineData("x-api-key=one;authorization=Bearer two", "more than one of authorization and x-api-key")]
    public async Task Call_WithoutAKnownKey_IsUnauthenticated(string headers, string reason)
    {
        Metadata metadata = [.. headers.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(h => h.Split('=', 2))
            .Select(h => new Metadata.Entry(h[0], h[1]))];
        var e = await Assert.ThrowsAsync<RpcException>(() => ListExperts(metadata));
        Assert.Equal((StatusCode.Unauthenticated, reason), (e.StatusCode, e.Status.Detail));
    }

    [Fact]
    public async Task Call_WithoutTheRight_NamesIt()
    {
        var mesh = new RouterService.RouterServiceClient(_gateway.Channel);
        async Task AssertDenied(string caller, string right, Func<Metadata, Task> call)
        {
            var e = await Assert.ThrowsAsync<RpcException>(() => call(Key(caller)));
            Assert.Equal((StatusCode.PermissionDenied, $"{caller} lacks the right \"{right}\""), (e.StatusCode, e.Status.Detail));
        }

        await AssertDenied("clinic", "read", ListExperts);
        await AssertDenied("reader", "infer", async headers => await mesh.EmbedImageAsync(new EmbedImageRequest(), headers));
        var inference = new GRPCInferenceService.GRPCInferenceServiceClient(_gateway.Channel);
        await AssertDenied("reader", "infer", async headers => await inference.ModelInferAsync(new ModelInferRequest(), headers));
        await AssertDenied("clinic", "read", async headers => await inference.ModelMetadataAsync(new ModelMetadataRequest(), headers));
        await AssertDenied("clinic", "direct", async headers =>
            await new TextEncoderService.TextEncoderServiceClient(_gateway.Channel).EncodeAsync(new EncodeRequest(), headers));
        await AssertDenied("clinic", "direct", async headers =>
        {
            headers.Add("medmoe-service", "backbone");
            using var call = new BackboneService.BackboneServiceClient(_gateway.Channel).ExtractPyramid(new ExtractPyramidRequest(), headers);
            await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);
        });
        await AssertDenied("clinic", "read", async headers =>
        {
            using var call = new ServerReflection.ServerReflectionClient(_gateway.Channel).ServerReflectionInfo(headers);
            await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);
        });
        // No right is needed to hear that there is no such method.
        var none = new Method<byte[], byte[]>(MethodType.Unary, "medmoe.mesh.v1.RouterService", "None", Marshallers.Create<byte[]>(b => b, b => b),
            Marshallers.Create<byte[]>(b => b, b => b));
        var e = await Assert.ThrowsAsync<RpcException>(async () => await _gateway.Channel.CreateCallInvoker()
            .AsyncUnaryCall(none, null, new CallOptions(Key("clinic")), []));
        Assert.Equal(StatusCode.Unimplemented, e.StatusCode);
        await mesh.EmbedImageAsync(Image(), Key("clinic"), cancellationToken: TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task HealthAndMetrics_NeedNoKey()
    {
        await _gateway.Ready();
        await new Health.HealthClient(_gateway.Channel).CheckAsync(
            new HealthCheckRequest(), cancellationToken: TestContext.Current.CancellationToken);
        using var http = new HttpClient();
        foreach (var path in (string[])["/healthz", "/metrics"])
        {
            Assert.NotEmpty(await http.GetStringAsync(new Uri(_gateway.Http, path), TestContext.Current.CancellationToken));
        }
    }

    /// <summary>The HTTP port leads to the same methods.</summary>
    [Fact]
    public async Task Method_OnTheHttpPort_NeedsAKey()
    {
        using var client = new JsonClient(_gateway);
        var answer = await client.Get("/v1/experts");
        Assert.Equal("no key: send authorization: Bearer KEY, or x-api-key", answer.Detail(401, "UNAUTHENTICATED"));
        Assert.Equal("Bearer", answer.Headers["www-authenticate"]);
        Assert.Equal(
            "clinic lacks the right \"read\"", (await client.Get("/v1/experts", ("x-api-key", CallersFile.KeyOf("clinic"))))
                .Detail(403, "PERMISSION_DENIED"));
        Assert.Empty(_router.Get<EchoRouter.Calls>().HeaderNames);
        Assert.Equal(200, (await client.Get("/v1/experts", ("authorization", $"Bearer {CallersFile.KeyOf("reader")}"))).Status);
        Assert.DoesNotContain("authorization", _router.Get<EchoRouter.Calls>().HeaderNames);
    }

    /// <summary>Whoever may not call needs not send.</summary>
    [Fact]
    public async Task Body_OfACallerWithoutAKey_IsNotReadFirst()
    {
        const string Head = "POST /v1/embed/image HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nexpect: 100-continue\r\n";
        var body = JsonClient.Image([1, 2, 3]);
        await using var refused = await RawHttp.Open(_gateway.Http);
        await refused.Write($"{Head}content-length: {body.Length}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 401 ", await refused.ReadUntil("\r\n\r\n"));

        await using var admitted = await RawHttp.Open(_gateway.Http);
        await admitted.Write($"{Head}content-length: {body.Length}\r\nx-api-key: {CallersFile.KeyOf("clinic")}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 100 ", await admitted.ReadUntil("\r\n\r\n"));
        await admitted.Write(body);
        Assert.StartsWith("HTTP/1.1 200 ", await admitted.ReadUntil("\r\n\r\n"));
    }

    [Fact]
    public async Task Key_Revoked_EndsItsCallsAndNoOthers()
    {
        var mesh = new RouterService.RouterServiceClient(_gateway.Channel);
        using var revoked = mesh.AnalyzeStream(Key("clinic"));
        using var kept = mesh.AnalyzeStream(Key("all"));
        foreach (var stream in new[] { revoked, kept })
        {
            await stream.RequestStream.WriteAsync(new AnalyzeStreamRequest { RequestId = "1" }, TestContext.Current.CancellationToken);
            Assert.True(await stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        }

        _callers.Write(CallersFile.Caller("all", "infer", "read", "direct", "operate"), CallersFile.Caller("fresh", "read"));

        var e = await Assert.ThrowsAsync<RpcException>(() => revoked.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal((StatusCode.Unauthenticated, "the caller's key or right has been revoked"), (e.StatusCode, e.Status.Detail));
        e = await Assert.ThrowsAsync<RpcException>(
            async () => await mesh.EmbedImageAsync(Image(), Key("clinic"), cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal((StatusCode.Unauthenticated, "unknown key"), (e.StatusCode, e.Status.Detail));
        await ListExperts(Key("fresh"));
        await kept.RequestStream.WriteAsync(new AnalyzeStreamRequest { RequestId = "2" }, TestContext.Current.CancellationToken);
        Assert.True(await kept.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        await kept.RequestStream.CompleteAsync();
    }

    [Fact]
    public async Task List_ThatCannotBeRead_IsNotTaken()
    {
        const string Fault = "not a list of callers: it ends within an object or a list (line 1, column 14)";
        _gateway.ExpectError(Fault);
        var reload = _gateway.Get<Serving.Reloading.ReloadedFile<CallerList>>();
        var before = reload.Value;
        _callers.WriteText("{\"callers\": [");
        await Patience.Until("the line that tells it", () => _gateway.HasLoggedError(Fault));
        Assert.Same(before, reload.Value);
        await ListExperts(Key("all"));
        _callers.Write(CallersFile.Caller("fresh", "read"));
        await Patience.Until("the new list", () => !ReferenceEquals(before, reload.Value));
        await ListExperts(Key("fresh"));
    }

    [Fact]
    public async Task Limits_OfACaller_AreItsOwn()
    {
        var mesh = new RouterService.RouterServiceClient(_gateway.Channel);
        using var first = mesh.EmbedTextAsync(new EmbedTextRequest(), Key("limited"), cancellationToken: TestContext.Current.CancellationToken);
        await _router.Get<EchoRouter.Calls>().Begun();
        var e = await Assert.ThrowsAsync<RpcException>(
            async () => await mesh.EmbedImageAsync(Image(), Key("limited"), cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
        Assert.EndsWith("for one client (max_calls)", e.Status.Detail);
        await mesh.EmbedImageAsync(Image(), Key("clinic"), cancellationToken: TestContext.Current.CancellationToken);
        _router.Get<EchoRouter.Calls>().Released.SetResult();
        await first;
        RpcException? refused = null;
        for (var i = 0; i < 20 && refused is null; i++)
        {
            refused = (RpcException?)await Record.ExceptionAsync(
                async () => await mesh.EmbedImageAsync(Image(), Key("limited"), cancellationToken: TestContext.Current.CancellationToken));
        }
        Assert.Equal("over the limit of 4 calls per second for one client", refused!.Status.Detail);
    }

    [Theory]
    [InlineData("{}", "not a list of callers: callers missing (line 1, column ")]
    [InlineData("{\"callers\": [}", "not a list of callers: not JSON, or with other fields (line 1, column 14)")]
    [InlineData("{\"callers\": 1}", "not a list of callers: callers is of another kind, or out of range (line 1, column ")]
    [InlineData("null", "JSON: null")]
    [InlineData("""{"callers": [null]}""", "a caller is null")]
    [InlineData("""{"callers": [{"name": "a", "rights": [null], "certificate": "CN=a"}]}""", "\"\" is not a right")]
    [InlineData("""{"callers": [{"name": "a", "rights": []}]}""", "caller \"a\": one of sha256 and certificate is required")]
    [InlineData("""{"callers": [{"name": "a b", "rights": [], "sha256": "x"}]}""", "a name has other characters than")]
    [InlineData("""{"callers": [{"name": "a", "rights": [], "sha256": "x"}]}""", "sha256 is not 64 lower-case hexadecimal digits")]
    [InlineData("""{"callers": [{"name": "a", "rights": ["all"], "certificate": "CN=a"}]}""", "\"all\" is not a right: infer, read, direct, operate")]
    [InlineData("""{"callers": [{"name": "a", "rights": [], "certificate": "a"}]}""", "certificate is not a subject such as CN=ris, O=Hospital")]
    [InlineData("""{"callers": [{"name": "a", "rights": [], "certificate": "CN=a", "max_calls": 0}]}""", "max_bytes are 1 or more")]
    [InlineData("""{"callers": [{"name": "a", "rights": [], "certificate": "CN=a", "priority": "high"}]}""", "priority is not normal or sheddable")]
    [InlineData(
        """{"callers": [{"name": "a", "rights": [], "certificate": "CN=a", "right": []}]}""",
        "not a list of callers: not JSON, or with other fields (line 1")]
    [InlineData(
        """{"callers": [{"name": "a", "rights": [], "certificate": "CN=a"}, {"name": "a", "rights": [], "certificate": "CN=b"}]}""",
        "caller \"a\": it is there twice")]
    [InlineData(
        """{"callers": [{"name": "a", "rights": [], "certificate": "CN=a"}, {"name": "b", "rights": [], "certificate": "CN=a"}]}""",
        "caller \"b\": another caller has the same certificate")]
    public void Read_ListThatIsWrong_SaysWhy(string text, string reason)
    {
        using var file = new CallersFile();
        file.WriteText(text);
        var e = Assert.Throws<CallerListException>(() => CallerList.Read(file.Path));
        Assert.StartsWith($"{file.Path}: ", e.Message);
        Assert.Contains(reason, e.Message);
    }

    private static System.Text.Json.Nodes.JsonObject Limited()
    {
        var caller = CallersFile.Caller("limited", "infer");
        (caller["max_calls"], caller["calls_per_second"]) = (1, 4);
        return caller;
    }

    private static Metadata Key(string caller) => new() { { "x-api-key", CallersFile.KeyOf(caller) } };

    private static EmbedImageRequest Image() => new() { Image = new Image { Encoded = ByteString.CopyFrom(1, 2, 3) } };

    private async Task ListExperts(Metadata headers) => await new RouterService.RouterServiceClient(_gateway.Channel)
        .ListExpertsAsync(new ListExpertsRequest(), headers, cancellationToken: TestContext.Current.CancellationToken);
}
