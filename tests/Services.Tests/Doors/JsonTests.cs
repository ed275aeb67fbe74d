using System.Net;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;
using MedMoE.Mesh.Wire.Json;

namespace MedMoE.Mesh.Services.Tests.Doors;

/// <summary>The same questions in gRPC, in JSON and in gRPC-Web have the same answers, from a mesh with its models.</summary>
public sealed class JsonTests : IAsyncLifetime
{
    private const float Tolerance = 1e-6f;

    private RunningMesh _mesh = null!;
    private HttpClient _http = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _mesh = await RunningMesh.Start(new MeshPlan { Router = ["Router:PyramidType=Fp32"] });
        _http = new HttpClient { BaseAddress = _mesh.Gateway.Http };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _mesh.DisposeAsync();
    }

    [Fact]
    public async Task Analyze_ThroughEveryDoor_IsTheSame()
    {
        var (file, report) = (Samples.Files[0], Samples.Reports[0]);
        var request = new AnalyzeRequest { Image = Samples.Encoded(file), Report = report, Phrases = { "nodule", "no effusion" } };
        var expected = await _mesh.Client.AnalyzeAsync(request, cancellationToken: Cancellation);

        AssertSame(expected, await Post<AnalyzeResponse>("/v1/analyze", Json(request)));
        AssertSame(expected, await Post<AnalyzeResponse>("/v1/analyze?tensors=values", Json(request)));
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(Samples.Bytes(file)), "image", file },
            { new StringContent(report), "report" },
            { new StringContent("nodule"), "phrases" },
            { new StringContent("no effusion"), "phrases" },
        };
        AssertSame(expected, await Post<AnalyzeResponse>("/v1/analyze", form));
        var item = new AnalyzeStreamRequest { RequestId = "a", Request = request };
        AssertSame(expected, Assert.Single(await Lines<AnalyzeStreamResponse>("/v1/analyze/stream", Json(item, "application/x-ndjson"))).Response);
        foreach (var mode in Enum.GetValues<GrpcWebMode>())
        {
            using var web = Web(mode);
            AssertSame(expected, await new RouterService.RouterServiceClient(web).AnalyzeAsync(request, cancellationToken: Cancellation));
        }
    }

    [Fact]
    public async Task ExtractPyramid_InLinesAndInGrpcWeb_SendsEveryLevel_AndLocalizeTakesThem()
    {
        var request = new ExtractPyramidRequest { Image = Samples.Encoded(Samples.Files[1]), DataType = DataType.Fp32 };
        var expected = await Levels(_mesh.Gateway.Channel, request);
        var lines = await Lines<ExtractPyramidResponse>("/v1/image/extract-pyramid", Json(request));
        using var web = Web(GrpcWebMode.GrpcWebText);
        foreach (var levels in new[] { lines, await Levels(web, request) })
        {
            Assert.Equal(4, levels.Count);
            Assert.All(expected.Zip(levels), pair => AssertNear(pair.First.Level.Features, pair.Second.Level.Features));
        }

        LocalizeRequest[] messages =
            [new() { Header = new LocalizeHeader() }, .. lines.Select(line => new LocalizeRequest { Level = line.Level })];
        var question = string.Concat(messages.Select(Text));
        var answer = await Post<LocalizeResponse>(
            "/v1/services/expert-ct/localize", new StringContent(question, Encoding.UTF8, "application/x-ndjson"));

        using var call = new ExpertService.ExpertServiceClient(_mesh.Gateway.Channel).Localize(
            new Metadata { { "medmoe-service", "experts/ct" } }, cancellationToken: Cancellation);
        await call.RequestStream.WriteAsync(new LocalizeRequest { Header = new LocalizeHeader() }, Cancellation);
        foreach (var level in expected)
        {
            await call.RequestStream.WriteAsync(new LocalizeRequest { Level = level.Level }, Cancellation);
        }
        await call.RequestStream.CompleteAsync();
        AssertNear((await call).ImageEmbedding, answer.ImageEmbedding);
        Assert.Equal("ct", answer.Expert);
    }

    [Fact]
    public async Task Models_OfEveryService_AreFoundByName()
    {
        foreach (var (name, part) in new[] { ("backbone", "backbone"), ("text-encoder", "text"), ("expert-ct", "experts/ct") })
        {
            var answer = JsonDocument.Parse(await _http.GetStringAsync($"/v1/services/{name}/model", Cancellation)).RootElement;
            Assert.True(answer.GetProperty("model").GetProperty("digests").TryGetProperty(part, out _), name);
        }
    }

    /// <summary>A fault that only the backbone sees has its field, too.</summary>
    [Fact]
    public async Task Image_ThatIsNone_IsNamed()
    {
        using var content = Json(new EmbedImageRequest { Image = new Image { Encoded = ByteString.CopyFromUtf8("not an image") } });
        using var response = await _http.PostAsync(new Uri("/v1/embed/image", UriKind.Relative), content, Cancellation);
        var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation)).RootElement;
        Assert.Equal((400, "INVALID_ARGUMENT"), ((int)response.StatusCode, problem.GetProperty("code").GetString()));
        Assert.Equal("image.encoded", Assert.Single(problem.GetProperty("errors").EnumerateArray()).GetProperty("field").GetString());
    }

    private static async Task<IReadOnlyList<ExtractPyramidResponse>> Levels(GrpcChannel channel, ExtractPyramidRequest request)
    {
        using var call = new BackboneService.BackboneServiceClient(channel).ExtractPyramid(request, cancellationToken: Cancellation);
        return await call.ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation);
    }

    private static StringContent Json(IMessage message, string type = "application/json") => new(Text(message), Encoding.UTF8, type);

    /// <summary>By protobuf's own library, so that it is not ours alone that reads what ours writes.</summary>
    private static string Text(IMessage message) => JsonFormatter.Default.Format(message) + "\n";

    private static void AssertSame(AnalyzeResponse expected, AnalyzeResponse answer)
    {
        AssertNear(expected.ImageEmbedding, answer.ImageEmbedding);
        Assert.Equal(expected.Gate, answer.Gate);
        Assert.Equal(expected.Report.Words, answer.Report.Words);
        foreach (var (a, b) in expected.Phrases.Prepend(expected.Report).Zip(answer.Phrases.Prepend(answer.Report)))
        {
            Assert.Equal(a.Grounding.GlobalSimilarity, b.Grounding.GlobalSimilarity, Tolerance);
            Assert.Equal(a.Grounding.LocalSimilarity, b.Grounding.LocalSimilarity, Tolerance);
            Assert.Equal(a.Grounding.Words.Count, b.Grounding.Words.Count);
        }
        Assert.Equal(expected.Phrases.Count, answer.Phrases.Count);
        Assert.Equal(expected.Model, answer.Model);
    }

    private static void AssertNear(WireTensor expected, WireTensor answer)
    {
        Assert.Equal(expected.Shape, answer.Shape);
        long[] shape = [.. expected.Shape];
        Assert.InRange(
            WireTensors.ToSingles(expected, "", shape).Zip(WireTensors.ToSingles(answer, "", shape)).Max(pair => Math.Abs(pair.First - pair.Second)),
            0, Tolerance);
    }

    private static T Read<T>(ReadOnlyMemory<byte> json)
        where T : IMessage => (T)ProtoJson.Read(json, (MessageDescriptor)typeof(T).GetProperty("Descriptor")!.GetValue(null)!);

    private async Task<T> Post<T>(string path, HttpContent content)
        where T : IMessage => Read<T>(await Body(path, content));

    private async Task<IReadOnlyList<T>> Lines<T>(string path, HttpContent content)
        where T : IMessage => [.. Encoding.UTF8.GetString(await Body(path, content)).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => Read<T>(Encoding.UTF8.GetBytes(line)))];

    private async Task<byte[]> Body(string path, HttpContent content)
    {
        using (content)
        {
            using var response = await _http.PostAsync(new Uri(path, UriKind.Relative), content, Cancellation);
            var body = await response.Content.ReadAsByteArrayAsync(Cancellation);
            Assert.True(response.IsSuccessStatusCode, Encoding.UTF8.GetString(body));
            return body;
        }
    }

    private GrpcChannel Web(GrpcWebMode mode) => GrpcChannel.ForAddress(_mesh.Gateway.Http, new GrpcChannelOptions
    {
        HttpHandler = new GrpcWebHandler(mode, new HttpClientHandler()),
        HttpVersion = HttpVersion.Version11,
        MaxReceiveMessageSize = null,
    });
}
