using Grpc.Core;
using Grpc.Health.V1;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.TextEncoder;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Services.Tests.TextEncoder;

public sealed class TextEncoderServiceTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(DataType.Unspecified, 1e-5)]
    [InlineData(DataType.Fp16, 1e-3)]
    public async Task Encode_GoldenReports_EqualReference(DataType type, double tolerance)
    {
        using var files = new GoldenBundle(Architecture.Paper);
        await using var service = await RunningService.Start(TextEncoderApp.Create, files.Root);
        var client = new TextEncoderService.TextEncoderServiceClient(service.Channel);
        var reports = Golden.Json(files.Name, "io.json").GetProperty("reports").EnumerateArray().Select(r => r.GetString()!).ToArray();

        var answer = await client.EncodeAsync(new EncodeRequest { Texts = { reports }, DataType = type }, deadline: DateTime.UtcNow + _patience);

        using var scope = NewDisposeScope();
        using var golden = Golden.Open(files.Name);
        Assert.Equal("medmoe-nano-paper/1", answer.Model.ModelVersion);
        Assert.Equal(files.Open().Digest(BundlePart.Text), answer.Model.Digests["text"]);
        for (var row = 0; row < reports.Length; row++)
        {
            var text = answer.Texts[row];
            Assert.All(text.Words, w => Assert.Equal(w.Text, reports[row][w.Start..w.End]));
            var words = WireTensors.ToSingles(text.WordEmbeddings, "words", text.Words.Count, 64);
            Assert.True(Close.RelativeError(tensor(words, [text.Words.Count, 64]), golden[$"{row}.words"]) < tolerance);
            Assert.True(Close.RelativeError(tensor(WireTensors.ToSingles(text.Sentence, "sentence", 64)), golden["sentence_embedding"][row]) < 1e-5);
            Assert.False(text.Truncated);
        }
    }

    [Fact]
    public async Task Encode_BadText_NamesTheField()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        await using var service = await RunningService.Start(TextEncoderApp.Create, files.Root);
        var client = new TextEncoderService.TextEncoderServiceClient(service.Channel);
        async Task AssertRefused(EncodeRequest request, string message)
        {
            var e = await Assert.ThrowsAsync<RpcException>(() => client.EncodeAsync(request, deadline: DateTime.UtcNow + _patience).ResponseAsync);
            Assert.Equal((StatusCode.InvalidArgument, message), (e.StatusCode, e.Status.Detail));
        }
        await AssertRefused(new EncodeRequest(), "texts: has 0 texts, expected 1 to 1024");
        await AssertRefused(new EncodeRequest { Texts = { "mass", " \n" } }, "texts[1]: no words in it");
    }

    [Fact]
    public async Task Encode_QueueFull_SaysWhenToRetryAndGoesOn()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        await using var service = await RunningService.Start(
            TextEncoderApp.Create, files.Root, "--TextEncoder:QueueCapacity=40", "--TextEncoder:MaxBatchSize=1");
        var client = new TextEncoderService.TextEncoderServiceClient(service.Channel);
        // A single call fits; the next ones arrive while the model runs its texts one by one.
        var request = new EncodeRequest { Texts = { Enumerable.Repeat("small nodule in the left upper lobe", 40) } };
        var calls = Enumerable.Range(0, 40).Select(_ => client.EncodeAsync(request, deadline: DateTime.UtcNow + _patience).ResponseAsync).ToArray();

        var failures = new List<RpcException>();
        foreach (var call in calls)
        {
            try
            {
                Assert.Equal(40, (await call).Texts.Count);
            }
            catch (RpcException e)
            {
                failures.Add(e);
            }
        }

        Assert.InRange(failures.Count, 1, calls.Length - 1);
        Assert.All(failures, e => Assert.Equal((StatusCode.ResourceExhausted, "100"), (e.StatusCode, e.Trailers.GetValue("grpc-retry-pushback-ms"))));
        Assert.Single((await client.EncodeAsync(new EncodeRequest { Texts = { "mass" } }, deadline: DateTime.UtcNow + _patience)).Texts);
    }

    [Fact]
    public async Task Health_AfterWarmUp_Serves()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        await using var service = await RunningService.Start(TextEncoderApp.Create, files.Root);
        var health = new Health.HealthClient(service.Channel);
        using var watch = health.Watch(new HealthCheckRequest(), deadline: DateTime.UtcNow + _patience);
        do
        {
            Assert.True(await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        }
        while (watch.ResponseStream.Current.Status != HealthCheckResponse.Types.ServingStatus.Serving);
        using var http = new HttpClient();
        Assert.Equal("Healthy", await http.GetStringAsync(new Uri(service.Http, "/healthz"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("--Serving:Address=localhost", "Serving:Address: localhost is not an IP address")]
    [InlineData("--Serving:GrpcPort=99999", "Serving:GrpcPort is 99999; it must be from 0 to 65535")]
    [InlineData("--Serving:MaxMessageBytes=many", "Serving:MaxMessageBytes: \"many\" is not a whole number")]
    public void Create_BadSetting_SaysWhich(string setting, string message)
    {
        var e = Assert.Throws<InvalidSettingException>(() => TextEncoderApp.Create([setting]));
        Assert.StartsWith(message, e.Message);
    }

    [Fact]
    public async Task Start_NoBundle_SaysSo()
    {
        var e = await Assert.ThrowsAsync<BundleException>(() => RunningService.Start(TextEncoderApp.Create, "/no/such/bundle"));
        Assert.Equal("/no/such/bundle: no such bundle folder", e.Message);
    }
}
