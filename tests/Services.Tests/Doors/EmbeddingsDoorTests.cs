using System.Runtime.InteropServices;
using System.Text.Json;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Json;

namespace MedMoE.Mesh.Services.Tests.Doors;

/// <summary>Embeddings in the shape of OpenAI's API, beside the mesh's own calls.</summary>
public sealed class EmbeddingsDoorTests(DoorMesh mesh) : IClassFixture<DoorMesh>
{
    private static readonly string _image = $"data:image/png;base64,{Convert.ToBase64String(Samples.Bytes(Samples.Files[0]))}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Embeddings_OfTexts_EqualEmbedText()
    {
        var texts = Samples.Reports[..2];
        var expected = await mesh.Client.EmbedTextAsync(new EmbedTextRequest { Texts = { texts } }, cancellationToken: Cancellation);

        var answer = await Ask(new { model = "medmoe", input = texts });
        var inBase64 = await Ask(new { input = texts[0], encoding_format = "base64", model = "medmoe" });

        Assert.Equal([0, 1], answer.GetProperty("data").EnumerateArray().Select(entry => entry.GetProperty("index").GetInt32()));
        for (var i = 0; i < texts.Length; i++)
        {
            DoorMesh.AssertNear(expected.Texts[i].Embedding, DoorMesh.Floats(Embedding(answer, i)));
        }
        DoorMesh.AssertNear(
            expected.Texts[0].Embedding, MemoryMarshal.Cast<byte, float>(Embedding(inBase64, 0).GetBytesFromBase64()).ToArray());
        Assert.True(answer.GetProperty("usage").GetProperty("total_tokens").GetInt32() > 4);
    }

    [Fact]
    public async Task Embeddings_OfAnImage_EqualEmbedImage()
    {
        var expected = await mesh.Client.EmbedImageAsync(
            new EmbedImageRequest { Image = Samples.Encoded(Samples.Files[0]) }, cancellationToken: Cancellation);

        var answer = await Ask(new { model = "medmoe", input = _image });

        DoorMesh.AssertNear(expected.Embedding, DoorMesh.Floats(Embedding(answer, 0)));
        Assert.Equal(0, answer.GetProperty("usage").GetProperty("total_tokens").GetInt32());
    }

    [Fact]
    public async Task Models_AreListed()
    {
        var list = await DoorMesh.Json(mesh.Get("/v1/models"));
        Assert.Equal("medmoe", Assert.Single(list.GetProperty("data").EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal("model", (await DoorMesh.Json(mesh.Get("/v1/models/medmoe"))).GetProperty("object").GetString());
        await DoorMesh.Json(mesh.Get("/v1/models/gpt"), 404);
    }

    [Theory]
    [InlineData(400, "body", "")]
    [InlineData(400, "body", "[1]")]
    [InlineData(400, "body", """{"model":"medmoe","input":"a","n":1}""")]
    [InlineData(400, "model", """{"model":5,"input":"a"}""")]
    [InlineData(404, null, """{"model":"other","input":"a"}""")]
    [InlineData(400, "input", """{"model":"medmoe"}""")]
    [InlineData(400, "input", """{"model":"medmoe","input":[]}""")]
    [InlineData(400, "input", """{"model":"medmoe","input":{}}""")]
    [InlineData(400, "input[0]", """{"model":"medmoe","input":[1,2]}""")]
    [InlineData(400, "input[1]", """{"model":"medmoe","input":["a",["b"]]}""")]
    [InlineData(400, "input[1]", """{"model":"medmoe","input":["a","  "]}""")]
    [InlineData(400, "input", """{"model":"medmoe","input":["a","data:image/png;base64,AAAA"]}""")]
    [InlineData(400, "input", """{"model":"medmoe","input":"data:image/png,AAAA"}""")]
    [InlineData(400, "input[0]", """{"model":"medmoe","input":["data:image/png;base64,%%%%"]}""")]
    [InlineData(400, "input[0]", """{"model":"medmoe","input":"data:image/png;base64,AAAA"}""")]
    [InlineData(400, "dimensions", """{"model":"medmoe","input":"a","dimensions":8}""")]
    [InlineData(400, "encoding_format", """{"model":"medmoe","input":"a","encoding_format":"int8"}""")]
    [InlineData(400, "body", """{"model":"medmoe","input":"\ud800"}""")]
    public async Task Embeddings_WrongRequest_IsRefusedByName(int status, string? field, string json)
    {
        var error = (await DoorMesh.Json(mesh.Post("/v1/embeddings", json), status)).GetProperty("error");

        Assert.Equal((field, status == 404 ? "model_not_found" : "INVALID_ARGUMENT"), (Text("param"), Text("code")));
        Assert.StartsWith($"{field ?? "model"}: ", Text("message"));

        string? Text(string property) => error.GetProperty(property).GetString();
    }

    [Fact]
    public async Task Embeddings_ManyTexts_AreRefused()
    {
        var texts = string.Join(',', Enumerable.Repeat("\"a\"", ProtoJson.MaxElements + 1));
        var answer = await DoorMesh.Json(mesh.Post("/v1/embeddings", $$"""{"input":[{{texts}}]}"""), 400);

        Assert.Equal("input: has more than 65536 texts", answer.GetProperty("error").GetProperty("message").GetString());
    }

    [Fact]
    public async Task Embeddings_OtherContentType_IsRefusedInTheProtocolsForm()
    {
        var answer = await DoorMesh.Json(mesh.Post("/v1/embeddings", ReadOnlyMemory<byte>.Empty, "text/plain"), 415);

        Assert.Equal("invalid_request_error", answer.GetProperty("error").GetProperty("type").GetString());
    }

    private Task<JsonElement> Ask<T>(T request) => DoorMesh.Json(mesh.Post("/v1/embeddings", JsonSerializer.SerializeToUtf8Bytes(request)));

    private static JsonElement Embedding(JsonElement answer, int index) => answer.GetProperty("data")[index].GetProperty("embedding");
}
