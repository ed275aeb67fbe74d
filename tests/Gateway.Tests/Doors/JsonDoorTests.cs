using System.Text;
using Google.Protobuf.Reflection;
using MedMoE.Mesh.Gateway.Doors.Json;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Wire.Catalog;
using MedMoE.Mesh.Wire.Json;

namespace MedMoE.Mesh.Gateway.Tests.Doors;

public sealed class JsonDoorTests(GuardedRouter guarded) : IClassFixture<GuardedRouter>, IDisposable
{
    private const string Part = "--b\r\nContent-Disposition: form-data; name=";
    private const string Text = "\r\n\r\nxyz";
    private const string Close = "\r\n--b--\r\n";
    private const string Streaming =
        "POST /v1/analyze/stream HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";

    private static readonly byte[] _image = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];

    private readonly JsonClient _client = new(guarded.Gateway);

    public void Dispose() => _client.Dispose();

    [Fact]
    public void Routes_AreOfEveryMethod() => Assert.Equal(
        // The Open Inference Protocol has a door of its own.
        ServiceCatalog.Contracts.Where(contract => contract.File.Package == "medmoe.mesh.v1").SelectMany(contract => contract.Methods)
            .Select(method => method.FullName).Order(),
        JsonRoutes.All.Select(route => route.Method.FullName).Order());

    /// <summary>Behind this gateway only the router runs, but every route leads to a service, whose name comes back.</summary>
    [Fact]
    public async Task EveryRoute_LeadsToItsService()
    {
        await using var gateway = await RunningService.Start(
            GatewayApp.Create, null, "--Endpoints:Services:router=127.0.0.1:9", "--Endpoints:Services:backbone=127.0.0.1:9",
            "--Endpoints:Services:text-encoder=127.0.0.1:9", "--Endpoints:Services:expert-ct=127.0.0.1:9");
        using var client = new JsonClient(gateway);
        foreach (var route in JsonRoutes.All)
        {
            var lines = route.Method.IsClientStreaming ? "application/x-ndjson" : "application/json";
            var answer = await client.Send(
                new HttpMethod(route.Verb), route.Path.Replace("{service}", "expert-ct", StringComparison.Ordinal),
                route.Verb == "GET" ? null : JsonClient.Json("{}", lines));
            Assert.Contains(NameOf(route.Method), answer.Detail(503, "UNAVAILABLE"));
        }

        static string NameOf(MethodDescriptor method) => method.Service.Name switch
        {
            "RouterService" => "router:",
            "BackboneService" => "backbone:",
            "TextEncoderService" => "text encoder:",
            _ => "expert ct:",
        };
    }

    [Fact]
    public async Task Get_WithoutABody_IsAnswered()
    {
        var answer = await _client.Get("/v1/experts", ("x-request-id", "abc"));
        Assert.Equal((200, "application/json", "abc"), (answer.Status, answer.Type, answer.Headers["x-request-id"]));
        Assert.Empty(answer.Json.GetProperty("experts").EnumerateArray());
    }

    [Fact]
    public async Task Image_InBase64_AndAsAFile_AreTheSame()
    {
        var text = await _client.Post("/v1/embed/image", JsonClient.Image(_image));
        using var form = new MultipartFormDataContent { { new ByteArrayContent(_image), "image", "image.png" } };
        var file = await _client.Send(HttpMethod.Post, "/v1/embed/image", form);
        Assert.Equal((200, 200), (text.Status, file.Status));
        Assert.Equal(_image, text.Json.GetProperty("embedding").GetProperty("data").GetBytesFromBase64());
        Assert.Equal(text.Text, file.Text);
    }

    [Fact]
    public async Task Form_WithARestInJson_HasBoth()
    {
        using var form = new MultipartFormDataContent
        {
            { JsonClient.Json("""{"gating": {"policy": "GATING_POLICY_IMAGE"}}"""), "request" },
            { new ByteArrayContent(_image), "image", "image.png" },
        };
        var answer = await _client.Send(HttpMethod.Post, "/v1/embed/image", form);
        Assert.Equal(_image, answer.Json.GetProperty("embedding").GetProperty("data").GetBytesFromBase64());
    }

    [Theory]
    [InlineData($"{Part}\"image\"{Text}", "body", "is not a whole form")]
    [InlineData("", "body", "is not a whole form")]
    [InlineData($"{Part}\"other\"{Text}{Close}", "body", "a part has another name than image, request")]
    [InlineData($"--b{Text}{Close}", "body", "a part has another name than image, request")]
    [InlineData($"{Part}\"request\"\r\n\r\n[]{Close}", "body", "")]
    [InlineData($"{Part}\"image\"{Text}\r\n{Part}\"image\"{Text}{Close}", "image", "is given twice")]
    [InlineData($"{Part}\"image\"{Text}\r\n{Part}\"request\"\r\n\r\n{{\"image\":{{\"encoded\":\"AA==\"}}}}{Close}", "image", "is given twice")]
    public async Task Form_ThatIsWrong_NamesTheField(string text, string field, string reason)
    {
        using var form = new ByteArrayContent(Encoding.Latin1.GetBytes(text));
        form.Headers.TryAddWithoutValidation("content-type", "multipart/form-data; boundary=b");
        var problem = (await _client.Send(HttpMethod.Post, "/v1/embed/image", form)).Problem(400, "INVALID_ARGUMENT");
        var error = Assert.Single(problem["errors"]!.AsArray())!;
        Assert.Equal(field, (string?)error["field"]);
        Assert.Contains(reason, (string?)error["reason"]);
        Assert.StartsWith($"{field}: ", (string?)problem["detail"]);
    }

    [Theory]
    [InlineData("{", "body")]
    [InlineData("", "body")]
    [InlineData("""{"image": {"encoded": "%"}}""", "image.encoded")]
    [InlineData("""{"gating": {"policy": "NONE"}}""", "gating.policy")]
    public async Task Json_ThatIsWrong_NamesTheField(string json, string field)
    {
        var problem = (await _client.Post("/v1/embed/image", json)).Problem(400, "INVALID_ARGUMENT");
        Assert.Equal(field, (string?)Assert.Single(problem["errors"]!.AsArray())!["field"]);
        Assert.NotNull(problem["request"]);
    }

    [Fact]
    public async Task Json_OfManySmallObjects_IsRefused()
    {
        var classes = string.Join(',', Enumerable.Repeat("{}", ProtoJson.MaxElements));
        var problem = (await _client.Post("/v1/classify", $$"""{"classes": [{{classes}}]}""")).Problem(400, "INVALID_ARGUMENT");
        Assert.Equal("body: has more than 65536 objects and elements of lists", (string?)problem["detail"]);
    }

    [Fact]
    public async Task Failure_OfAService_IsAProblem() => Assert.Equal("no, 100 % no", (await _client.Post("/v1/classify", "{}"))
        .Detail(400, "FAILED_PRECONDITION"));

    [Theory]
    [InlineData("POST", "/v1/experts", "application/json", 405, "UNIMPLEMENTED")]
    [InlineData("GET", "/v1/analyze", null, 405, "UNIMPLEMENTED")]
    [InlineData("POST", "/v1/nothing", "application/json", 404, "NOT_FOUND")]
    [InlineData("GET", "/", null, 404, "NOT_FOUND")]
    [InlineData("POST", "/medmoe.mesh.v1.RouterService/ListExperts", "application/grpc", 404, "NOT_FOUND")]
    [InlineData("POST", "/v1/analyze", "text/plain", 415, "INVALID_ARGUMENT")]
    [InlineData("POST", "/v1/analyze", null, 415, "INVALID_ARGUMENT")]
    [InlineData("POST", "/v1/analyze", "application/json; charset=utf-16", 415, "INVALID_ARGUMENT")]
    [InlineData("POST", "/v1/analyze/stream", "application/json", 415, "INVALID_ARGUMENT")]
    [InlineData("POST", "/v1/embed/text", "multipart/form-data; boundary=b", 415, "INVALID_ARGUMENT")]
    [InlineData("POST", "/v1/analyze", "multipart/form-data", 400, "INVALID_ARGUMENT")]
    [InlineData("POST", "/v1/embed/image?tensors=2", "application/json", 400, "INVALID_ARGUMENT")]
    [InlineData("GET", "/v1/services/expert-none/model", null, 404, "NOT_FOUND")]
    [InlineData("GET", "/v1/services/none/model", null, 404, "NOT_FOUND")]
    public async Task Request_OfAnotherKind_IsRefused(string verb, string path, string? type, int status, string code)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes("{}"));
        if (type is not null)
        {
            content.Headers.TryAddWithoutValidation("content-type", type);
        }
        var answer = await _client.Send(new HttpMethod(verb), path, verb == "GET" ? null : content);
        answer.Problem(status, code);
        Assert.Equal(status == 405 ? verb == "GET" ? "POST" : "GET" : null, answer.Headers.GetValueOrDefault("allow"));
    }

    [Theory]
    [InlineData("/v1/experts?tensor=values", "tensor: there is no such parameter; the nearest is tensors")]
    [InlineData("/v1/services/expert-ct/model?verbose", "verbose: there is no such parameter; there is tensors")]
    [InlineData("/v1/experts?tensors=values&Mr%20Miller=1", "query: there is no such parameter; there is tensors")]
    public async Task Query_ThatIsNotKnown_IsRefused(string path, string fault) =>
        Assert.Equal(fault, (await _client.Get(path)).Detail(400, "INVALID_ARGUMENT"));

    [Fact]
    public async Task Path_OfNothing_NamesThePage() => Assert.Equal(
        "no such path; /docs shows what there is, and gRPC has a port of its own", (await _client.Get("/v1/expert")).Detail(404, "NOT_FOUND"));

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("100000")]
    [InlineData("1s")]
    public async Task Timeout_ThatIsNone_IsNamed(string timeout) => Assert.Equal(
        "request-timeout: expected seconds, from 0.001 to 99999", (await _client.Get("/v1/experts", ("request-timeout", timeout)))
            .Detail(400, "INVALID_ARGUMENT"));

    [Fact]
    public async Task Timeout_ThatPasses_IsAProblem() =>
        (await _client.Send(HttpMethod.Post, "/v1/embed/text", JsonClient.Json("{}"), ("request-timeout", "0.2"))).Problem(504, "DEADLINE_EXCEEDED");

    [Fact]
    public async Task Lines_AreAnsweredLineByLine()
    {
        var answer = await _client.Send(
            HttpMethod.Post, "/v1/analyze/stream",
            JsonClient.Json("{\"requestId\": \"a\"}\r\n\n{\"requestId\": \"b\"}\n{\"request_id\": \"c\"}", "application/x-ndjson"));
        Assert.Equal((200, "application/x-ndjson"), (answer.Status, answer.Type));
        Assert.Equal(["a", "b", "c"], answer.Lines.Select(line => line.GetProperty("requestId").GetString()));
    }

    [Fact]
    public async Task Lines_OneIsWrong_ThoseBeforeItAreAnswered()
    {
        var answer = await _client.Send(
            HttpMethod.Post, "/v1/analyze/stream",
            JsonClient.Json("{\"requestId\": \"a\"}\n{\"requestId\": 1}\n{\"requestId\": \"c\"}\n", "application/jsonl"));
        Assert.Equal((200, 2), (answer.Status, answer.Lines.Count));
        Assert.Equal("a", answer.Lines[0].GetProperty("requestId").GetString());
        var problem = answer.Lines[1].GetProperty("problem");
        Assert.Equal((400, "INVALID_ARGUMENT"), (problem.GetProperty("status").GetInt32(), problem.GetProperty("code").GetString()));
        Assert.StartsWith("line 2: request_id: ", problem.GetProperty("detail").GetString());
        Assert.Equal("request_id", Assert.Single(problem.GetProperty("errors").EnumerateArray()).GetProperty("field").GetString());
    }

    [Fact]
    public async Task Lines_TheFirstIsWrong_IsAProblem() => Assert.StartsWith(
        "line 1: body: ", (await _client.Send(HttpMethod.Post, "/v1/analyze/stream", JsonClient.Json("no\n", "application/x-ndjson")))
            .Detail(400, "INVALID_ARGUMENT"));

    [Fact]
    public async Task Lines_OneIsTooLong_IsAProblem()
    {
        var line = $$"""{"requestId": "{{new string('a', GuardedRouter.MaxMessageBytes)}}"}""";
        (await _client.Send(HttpMethod.Post, "/v1/analyze/stream", JsonClient.Json(line, "application/x-ndjson"))).Problem(413, "RESOURCE_EXHAUSTED");
    }

    /// <summary>Each line is answered before the next is sent.</summary>
    [Fact]
    public async Task Lines_BothWaysAtOnce_AreAnsweredAsTheyCome()
    {
        await using var connection = await RawHttp.Open(guarded.Gateway.Http);
        await connection.Write(Streaming);
        foreach (var id in new[] { "a", "b", "c" })
        {
            await connection.WriteChunk($"{{\"requestId\": \"{id}\"}}\n");
            await connection.ReadUntil($"\"requestId\":\"{id}\"");
        }
        await connection.Write("0\r\n\r\n");
        await connection.ReadUntil("\r\n0\r\n\r\n");
    }

    /// <summary>A service that dies after its first answer: the line at the end says so.</summary>
    [Fact]
    public async Task Lines_ServiceDies_IsTheLastLine()
    {
        await using var connection = await RawHttp.Open(guarded.Gateway.Http);
        await connection.Write(Streaming);
        await connection.WriteChunk("{\"requestId\": \"a\"}\n");
        await connection.ReadUntil("\"requestId\":\"a\"");
        await connection.WriteChunk($"{{\"requestId\": \"{EchoRouter.Die}\"}}\n");
        await connection.ReadUntil("{\"problem\":{");
        await connection.ReadUntil("router: connection lost before the answer was complete");
        await connection.ReadUntil("\r\n0\r\n\r\n");
    }
}
