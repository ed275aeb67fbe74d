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

    private static byte[] Element(byte[] bytes) => [.. BitConverter.GetBytes(bytes.Length), .. bytes];

    private static JsonElement Output(JsonElement answer, string name) =>
        answer.GetProperty("outputs").EnumerateArray().Single(output => Text(output, "name") == name);

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static IEnumerable<string?> Texts(JsonElement json, string name) =>
        json.GetProperty(name).EnumerateArray().Select(element => element.GetString());
}
