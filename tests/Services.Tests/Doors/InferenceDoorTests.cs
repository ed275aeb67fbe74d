using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Services.Tests.Doors;

/// <summary>The Open Inference Protocol over HTTP, beside the mesh's own calls.</summary>
public sealed class InferenceDoorTests(DoorMesh mesh) : IClassFixture<DoorMesh>
{
    private const string JsonLength = "Inference-Header-Content-Length";

    private static readonly string _image = Convert.ToBase64String(Samples.Bytes(Samples.Files[0]));

    [Fact]
    public async Task Infer_JsonAndBinary_EqualAnalyze()
    {
        var expected = await mesh.Client.AnalyzeAsync(
            new AnalyzeRequest { Image = Samples.Encoded(Samples.Files[0]), Report = Samples.Reports[0] },
            cancellationToken: TestContext.Current.CancellationToken);
        var report = JsonSerializer.Serialize(Samples.Reports[0]);

        // In JSON, with the data before what says how to read it.
        var json = await DoorMesh.Json(mesh.Post(
            "/v2/models/medmoe/infer",
            $$"""
            {"id":"a","inputs":[{"data":[[{"b64":"{{_image}}"}]],"shape":[1,1],"datatype":"BYTES","name":"IMAGE"},
            {"name":"REPORT","shape":[1,1],"datatype":"BYTES","data":[{{report}}]}]}
            """));
        Assert.Equal(("medmoe", "1", "a"), (Text(json, "model_name"), Text(json, "model_version"), Text(json, "id")));
        DoorMesh.AssertNear(expected.ImageEmbedding, DoorMesh.Floats(Output(json, "IMAGE_EMBEDDING").GetProperty("data")));
        Assert.Equal(expected.Gate.Expert, Output(json, "EXPERT").GetProperty("data")[0].GetString());
        Assert.Equal(
            expected.Report.Grounding.GlobalSimilarity, Output(json, "GLOBAL_SIMILARITY").GetProperty("data")[0].GetSingle(), 1e-6f);

        // In binary, the report in JSON; one output of two in binary.
        var image = Element(Samples.Bytes(Samples.Files[0]));
        var head = Encoding.UTF8.GetBytes(
            $$$"""
            {"inputs":[{"name":"REPORT","shape":[1,1],"datatype":"BYTES","data":[{{{report}}}]},
            {"name":"IMAGE","shape":[1,1],"datatype":"BYTES","parameters":{"binary_data_size":{{{image.Length}}}}}],
            "outputs":[{"name":"EXPERT"},{"name":"IMAGE_EMBEDDING","parameters":{"binary_data":true}}]}
            """);
        using var response = await mesh.Post(
            "/v2/models/medmoe/versions/1/infer", (byte[])[.. head, .. image], "application/octet-stream",
            (JsonLength, head.Length.ToString(CultureInfo.InvariantCulture)));
        var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        var length = int.Parse(response.Headers.GetValues(JsonLength).Single(), CultureInfo.InvariantCulture);
        var answer = JsonDocument.Parse(body.AsMemory(0, length)).RootElement;
        Assert.Equal("application/octet-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(body.Length - length, Output(answer, "IMAGE_EMBEDDING").GetProperty("parameters").GetProperty("binary_data_size").GetInt32());
        DoorMesh.AssertNear(expected.ImageEmbedding, MemoryMarshal.Cast<byte, float>(body.AsSpan(length)).ToArray());
        Assert.Equal(expected.Gate.Expert, Output(answer, "EXPERT").GetProperty("data")[0].GetString());
    }

    [Fact]
    public async Task Infer_NoReport_SimilaritiesAreNull()
    {
        var answer = await DoorMesh.Json(mesh.Post(
            "/v2/models/medmoe/infer", $$"""{"inputs":[{"name":"IMAGE","shape":[1,1],"datatype":"BYTES","data":[{"b64":"{{_image}}"}]}]}"""));

        Assert.Equal(JsonValueKind.Null, Output(answer, "GLOBAL_SIMILARITY").GetProperty("data")[0].ValueKind);
    }

    [Fact]
    public async Task Questions_AreAnsweredInTheFormOfTheTools()
    {
        Assert.Contains("binary_tensor_data", Texts(await DoorMesh.Json(mesh.Get("/v2")), "extensions"));
        await DoorMesh.Json(mesh.Get("/v2/health/live"));
        await DoorMesh.Json(mesh.Get("/v2/health/ready"));
        await DoorMesh.Json(mesh.Get("/v2/models/expert_ct/ready"));
        var metadata = await DoorMesh.Json(mesh.Get("/v2/models/medmoe"));
        Assert.Equal(["1"], Texts(metadata, "versions"));
        Assert.Equal("ensemble", Text(metadata, "platform"));
        var config = await DoorMesh.Json(mesh.Get("/v2/models/medmoe/versions/1/config"));
        Assert.True(config.GetProperty("max_batch_size").GetInt32() > 1);
        Assert.Equal("TYPE_STRING", config.GetProperty("input")[0].GetProperty("data_type").GetString());
        var stats = await DoorMesh.Json(mesh.Get("/v2/models/medmoe/stats"));
        var queue = stats.GetProperty("model_stats")[0].GetProperty("inference_stats").GetProperty("queue");
        Assert.Equal(JsonValueKind.Number, queue.GetProperty("count").ValueKind);
        Assert.True((await DoorMesh.Json(mesh.Get("/v2/models/stats"))).GetProperty("model_stats").GetArrayLength() > 4);
        var index = await DoorMesh.Json(mesh.Post("/v2/repository/index", ReadOnlyMemory<byte>.Empty));
        Assert.Contains("expert_ct", index.EnumerateArray().Select(model => Text(model, "name")));
    }

    [Theory]
    [InlineData(400, "body", "")]
    [InlineData(400, "body", "{")]
    [InlineData(400, "body", "[]")]
    [InlineData(400, "body", """{"inputs":[]} {}""")]
    [InlineData(400, "body", """{"input":[]}""")]
    [InlineData(400, "inputs", """{"inputs":{}}""")]
    [InlineData(400, "inputs[0]", """{"inputs":["IMAGE"]}""")]
    [InlineData(400, "inputs[0]", """{"inputs":[{"nam":"IMAGE"}]}""")]
    [InlineData(400, "inputs[0].name", """{"inputs":[{"name":5}]}""")]
    [InlineData(400, "inputs[0].shape", """{"inputs":[{"name":"IMAGE","shape":[1.5],"datatype":"BYTES","data":["a"]}]}""")]
    [InlineData(400, "inputs[0].shape", """{"inputs":[{"name":"IMAGE","shape":["1"],"datatype":"BYTES","data":["a"]}]}""")]
    [InlineData(400, "inputs[0].shape", """{"inputs":[{"name":"IMAGE","shape":[99999999999999999999],"datatype":"BYTES","data":["a"]}]}""")]
    [InlineData(400, "inputs[0].data", """{"inputs":[{"name":"IMAGE","shape":[1,1],"datatype":"BYTES"}]}""")]
    [InlineData(400, "inputs[0].data", """{"inputs":[{"name":"IMAGE","shape":[1,1],"datatype":"BYTES","data":"a"}]}""")]
    [InlineData(400, "inputs[0].data", """{"inputs":[{"name":"IMAGE","shape":[1,1],"datatype":"BYTES","data":[1]}]}""")]
    [InlineData(400, "inputs[0].data", """{"inputs":[{"name":"IMAGE","shape":[1,1],"datatype":"BYTES","data":[{"b64":"%%%"}]}]}""")]
    [InlineData(400, "inputs[0].data", """{"inputs":[{"name":"IMAGE","shape":[1,1],"datatype":"BYTES","data":[{"b64":"AAAA","b65":"AAAA"}]}]}""")]
    [InlineData(400, "inputs[0].data", """{"inputs":[{"name":"PIXELS","shape":[1,3,224,224],"datatype":"FP32","data":["1"]}]}""")]
    [InlineData(400, "inputs[0].data", """{"inputs":[{"name":"PIXELS","shape":[1,3,224,224],"datatype":"FP32","data":[1e99]}]}""")]
    [InlineData(400, "inputs[0].data", """{"inputs":[{"name":"PIXELS","shape":[1,3,224,224],"datatype":"FP16","data":[1]}]}""")]
    [InlineData(400, "PIXELS", """{"inputs":[{"name":"PIXELS","shape":[1,3,224,224],"datatype":"FP32","data":[1,2]}]}""")]
    [InlineData(400, "PIXELS", """{"inputs":[{"name":"PIXELS","shape":[1,3,-1,224],"datatype":"FP32","data":[1,2]}]}""")]
    [InlineData(400, "PIXELS", """{"inputs":[{"name":"PIXELS","shape":[2147483648,3,224,224],"datatype":"FP32","data":[1,2]}]}""")]
    [InlineData(400, "IMAGE", """{"inputs":[{"name":"IMAGE","shape":[0,1],"datatype":"BYTES","data":[]}]}""")]
    [InlineData(400, "IMAGE", """{"inputs":[{"name":"IMAGE","shape":[1,1],"datatype":"BYTES","data":["a","b"]}]}""")]
    [InlineData(400, "IMAGE", """{"inputs":[{"name":"IMAGE","shape":[1,1],"datatype":"FP32","data":[1]}]}""")]
    [InlineData(400, "IMAGE[0]", """{"inputs":[{"name":"IMAGE","shape":[1,1],"datatype":"BYTES","data":["no image"]}]}""")]
    [InlineData(400, "inputs[0].name", """{"inputs":[{"name":"PICTURE","shape":[1,1],"datatype":"BYTES","data":["a"]}]}""")]
    [InlineData(400, "IMAGE", """{"inputs":[]}""")]
    [InlineData(400, "outputs[0]", """{"outputs":["EXPERT"],"inputs":[]}""")]
    [InlineData(400, "outputs[0].parameters", """{"outputs":[{"name":"EXPERT","parameters":{"classification":3}}],"inputs":[]}""")]
    [InlineData(400, "outputs[0].parameters.binary_data", """{"outputs":[{"name":"EXPERT","parameters":{"binary_data":1}}],"inputs":[]}""")]
    [InlineData(400, "outputs[0].name", """{"outputs":[{"name":"SCORE"}],"inputs":[]}""")]
    [InlineData(400, "parameters", """{"parameters":{"timeout":[]},"inputs":[]}""")]
    [InlineData(400, "parameters.sequence_id", """{"parameters":{"sequence_id":1},"inputs":[]}""")]
    [InlineData(400, "inputs[0].parameters.binary_data_size", """{"inputs":[{"parameters":{"binary_data_size":7}}]}""")]
    [InlineData(400, "inputs[0].parameters.binary_data_size", """{"inputs":[{"parameters":{"binary_data_size":-1}}]}""")]
    [InlineData(400, "body", """{"id":"\ud800","inputs":[]}""")]
    public async Task Infer_WrongRequest_IsRefusedByName(int status, string field, string json)
    {
        var answer = await DoorMesh.Json(mesh.Post("/v2/models/medmoe/infer", json), status);

        Assert.StartsWith($"{field}: ", Text(answer, "error"), StringComparison.Ordinal);
    }

    /// <summary>Small parts, which take more memory than text.</summary>
    [Theory]
    [InlineData("parameters: has more than 64 parameters", """{"parameters":{PARTS}}""", "\"p#\":1")]
    [InlineData("inputs: the request has more than 64 tensors", """{PARTS}""", """ "inputs":[{}] """)]
    [InlineData("outputs: the request has more than 64 tensors", """{"outputs":[PARTS]}""", "{}")]
    [InlineData("inputs[0].shape: has more than 64 dimensions", """{"inputs":[{"shape":[PARTS]}]}""", "1")]
    public async Task Infer_ManyParts_IsRefused(string error, string json, string part)
    {
        var parts = Enumerable.Range(0, 65).Select(i => part.Replace("#", $"{i}", StringComparison.Ordinal));
        var answer = await DoorMesh.Json(
            mesh.Post("/v2/models/medmoe/infer", json.Replace("PARTS", string.Join(',', parts), StringComparison.Ordinal)), 400);

        Assert.Equal(error, Text(answer, "error"));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("x")]
    [InlineData("99")]
    [InlineData("2147483648")]
    public async Task Infer_LengthOutOfRange_IsRefused(string length)
    {
        var answer = await DoorMesh.Json(
            mesh.Post("/v2/models/medmoe/infer", """{"inputs":[]}"""u8.ToArray(), "application/octet-stream", (JsonLength, length)), 400);

        Assert.StartsWith("inference-header-content-length: ", Text(answer, "error"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(415, "content-type: ", "text/plain", "x-request-id", "a")]
    [InlineData(400, "request-timeout: ", "application/json", "request-timeout", "soon")]
    public async Task Infer_WrongHead_IsRefusedInTheProtocolsForm(int status, string error, string type, string header, string value)
    {
        var answer = await DoorMesh.Json(mesh.Post("/v2/models/medmoe/infer", """{"inputs":[]}"""u8.ToArray(), type, (header, value)), status);

        Assert.StartsWith(error, Text(answer, "error"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404, "/v2/models/other/infer")]
    [InlineData(404, "/v2/models/medmoe/versions/2/infer")]
    [InlineData(404, "/v2/model")]
    public async Task Post_NoSuchModelOrPath_IsRefused(int status, string path) =>
        await DoorMesh.Json(mesh.Post(path, """{"inputs":[]}"""), status);

    [Fact]
    public async Task Infer_BytesPastTheirEnd_AreRefused()
    {
        var head = """{"inputs":[{"name":"IMAGE","shape":[1,1],"datatype":"BYTES","parameters":{"binary_data_size":8}}]}"""u8.ToArray();

        var answer = await DoorMesh.Json(
            mesh.Post(
                "/v2/models/medmoe/infer", (byte[])[.. head, 255, 255, 255, 255, 1, 2, 3, 4], "application/octet-stream",
                (JsonLength, head.Length.ToString(CultureInfo.InvariantCulture))),
            400);

        Assert.Equal("IMAGE[0]: has a length of 4294967295 bytes, and 4 follow", Text(answer, "error"));
    }

    private static byte[] Element(byte[] bytes) => [.. BitConverter.GetBytes(bytes.Length), .. bytes];

    private static JsonElement Output(JsonElement answer, string name) =>
        answer.GetProperty("outputs").EnumerateArray().Single(output => Text(output, "name") == name);

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static IEnumerable<string?> Texts(JsonElement json, string name) =>
        json.GetProperty(name).EnumerateArray().Select(element => element.GetString());
}
