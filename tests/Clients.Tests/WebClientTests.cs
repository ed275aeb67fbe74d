using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Clients.Tests;

/// <summary>Libraries that people have, against the HTTP port of the mesh.</summary>
public sealed class WebClientTests(MeshToCall mesh) : IClassFixture<MeshToCall>
{
    private const string Pyramid = "28x28x32, 14x14x64, 7x7x128, 4x4x256";

    [Fact]
    public async Task OpenAi_AgainstTheMesh_GetsWhatItExpects() => AssertGotEmbeddings(await Run("openai"));

    [Fact]
    public async Task Connect_InGrpcWeb_GetsWhatItExpects()
    {
        var result = await Run("connect");

        result.AssertSucceeded();
        Assert.Collection(
            result.Output.TrimEnd().Split('\n'),
            line => Assert.Equal("analyze: expert xray, 14 words, 1 phrase", line),
            line => Assert.Equal("embedText: 384 bytes, 384 bytes", line),
            line => Assert.Equal($"extractPyramid: {Pyramid}", line),
            line => Assert.Equal("error: InvalidArgument, texts[0]: no words in it, google.rpc.BadRequest", line),
            line => Assert.Equal("error of a stream: InvalidArgument, image: is missing", line),
            line => Assert.Equal("deadline: DeadlineExceeded", line),
            line => Assert.Equal("deadline at the gateway: DeadlineExceeded, Deadline Exceeded", line),
            line => Assert.Equal("cancel: Canceled", line));
    }

    [Fact]
    public async Task Fetch_OfStreamsAndProblems_GetsWhatItExpects()
    {
        var result = await Run("fetch");

        result.AssertSucceeded();
        Assert.Collection(
            result.Output.TrimEnd().Split('\n'),
            line => Assert.Equal($"pyramid of a form: {Pyramid}", line),
            line => Assert.Matches("^stream: expert xray; image.encoded: not an image.*; 400 line 3: body: is not JSON", line),
            line => Assert.Equal("problem: application/problem+json, about:blank, 400 Bad Request: image: is missing; image", line));
    }

    /// <summary>Asserts that OpenAI's library had the mesh's own embeddings, and read its refusals.</summary>
    internal static void AssertGotEmbeddings(Tool.Result result)
    {
        result.AssertSucceeded();
        Assert.Collection(
            result.Output.TrimEnd().Split('\n'),
            line => Assert.Equal("models: medmoe; medmoe is a model", line),
            line => Assert.Equal("text: 96 numbers, 13 tokens", line),
            line => Assert.Equal("texts: 2, the same as numbers and in base64", line),
            line => Assert.Equal("image: 96 numbers", line),
            line => Assert.StartsWith("dimensions: BadRequestError, code INVALID_ARGUMENT, param dimensions: 400 dimensions: an embedding has", line),
            line => Assert.Equal("empty: BadRequestError, code INVALID_ARGUMENT, param input[1]: 400 input[1]: no words in it", line),
            line => Assert.Equal("unknown model: NotFoundError, code model_not_found, param null: 404 model: there is only medmoe", line));
    }

    private async Task<Tool.Result> Run(string name)
    {
        var client = Client.Of(name);
        await client.Prepare();
        return await client.Run(mesh.Url, Client.Image);
    }
}
