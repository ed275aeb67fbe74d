using System.Runtime.InteropServices;
using System.Text.Json;
using MedMoE.Mesh.V1;

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

    private Task<JsonElement> Ask<T>(T request) => DoorMesh.Json(mesh.Post("/v1/embeddings", JsonSerializer.SerializeToUtf8Bytes(request)));

    private static JsonElement Embedding(JsonElement answer, int index) => answer.GetProperty("data")[index].GetProperty("embedding");
}
