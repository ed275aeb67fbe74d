using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Services.Tests.Router.OpenInference;
using MedMoE.Mesh.ServicesUnderTest.Http2;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.V1;
using DataType = MedMoE.Mesh.V1.DataType;

namespace MedMoE.Mesh.Services.Tests.Mutations;

/// <summary>
/// Twenty thousand mutated messages of each type, and five thousand mutated calls of Localize, through the gateway: any error must be the caller's
/// fault.
/// </summary>
public sealed class MutationTests(MutatedMesh mesh) : IClassFixture<MutatedMesh>
{
    private const int Count = 20_000;
    // Each call has five messages, 100 KB in total, and runs the expert if they are valid.
    private const int LocalizeCount = 5_000;
    private const int AtOnce = 64;

    // Of eight by eight pixels.
    private static readonly Image _image = new()
    {
        Encoded = ByteString.FromBase64(
            "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAAU0lEQVR42gFIALf/AAAdOld0ka7LABEuS2iFor/cACI/XHmWs9DtADNQbYqnxOH+AERhfpu4"
            + "1fIPAFVyj6zJ5gMgAGaDoL3a9xQxAHeUsc7rCCVCXKQgQbHD2/sAAAAASUVORK5CYII="),
    };

    private static readonly AnalyzeRequest _analyze = new()
    {
        Image = _image,
        Report = "small nodule in the left upper lobe",
        Phrases = { "pleural effusion" },
        Gating = new Gating { Policy = GatingPolicy.Report },
        ReturnAttention = true,
    };

    private static readonly Dictionary<string, IMessage> _requests = new()
    {
        ["/medmoe.mesh.v1.RouterService/Analyze"] = _analyze,
        ["/medmoe.mesh.v1.RouterService/AnalyzeStream"] = new AnalyzeStreamRequest { RequestId = "a", Request = _analyze },
        ["/medmoe.mesh.v1.RouterService/Classify"] = new ClassifyRequest
        {
            Image = _image,
            Classes =
            {
                new ClassPrompts { Name = "mass", Prompts = { "a mass" } },
                new ClassPrompts { Name = "none", Prompts = { "no mass" } },
            },
        },
        ["/medmoe.mesh.v1.RouterService/EmbedImage"] = new EmbedImageRequest { Image = _image },
        ["/medmoe.mesh.v1.RouterService/EmbedText"] = new EmbedTextRequest { Texts = { "small nodule", "no pneumothorax" } },
        ["/medmoe.mesh.v1.BackboneService/ExtractPyramid"] = new ExtractPyramidRequest { Image = _image, DataType = DataType.Fp16 },
        ["/medmoe.mesh.v1.TextEncoderService/Encode"] = new EncodeRequest { Texts = { "small nodule", "no pneumothorax" } },
        ["/inference.GRPCInferenceService/ModelInfer"] = Tensors.Request(
            "medmoe", Tensors.Bytes("IMAGE", _image.Encoded.ToByteArray()), Tensors.Texts("REPORT", _analyze.Report)),
    };

    public static TheoryData<string> Methods => [.. _requests.Keys];

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Message_Mutated_IsTheCallersFaultOrAnsweredWithNumbers(string path) =>
        await Mutate(path, [_requests[path].ToByteArray()], Count);

    [Fact]
    public async Task Localize_MessageMutated_IsTheCallersFaultOrAnsweredWithNumbers()
    {
        var levels = await Pyramids.Extract(mesh.Running.Backbone.Channel, DataType.Fp16, _image);
        var text = await new TextEncoderService.TextEncoderServiceClient(mesh.Running.TextEncoder.Channel).EncodeAsync(
            new EncodeRequest { Texts = { "small nodule" } }, cancellationToken: TestContext.Current.CancellationToken);
        var encoded = text.Texts[0];
        var header = new LocalizeHeader
        {
            Texts = { new TextQuery { Sentence = encoded.Sentence, WordEmbeddings = encoded.WordEmbeddings } },
            ReturnAttention = true,
        };
        LocalizeRequest[] messages = [new() { Header = header }, .. levels.Select(level => new LocalizeRequest { Level = level })];

        await Mutate(
            "/medmoe.mesh.v1.ExpertService/Localize", [.. messages.Select(m => m.ToByteArray())], LocalizeCount,
            ("medmoe-service", "experts/ct"));
    }

    private async Task Mutate(string path, byte[][] messages, int count, params (string, string?)[] headers)
    {
        var parser = MeshContract.MethodAt(path)!.OutputType.Parser;
        var statuses = new ConcurrentDictionary<StatusCode, int>();
        var connections = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RawConnection.Open(mesh.Running.Gateway.Address)));
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, count), options, async (seed, _) =>
        {
            var changed = seed % messages.Length;
            var body = messages.SelectMany((message, i) => RawCall.Framed(i == changed ? Mutation.Of(message, seed) : message)).ToArray();
            var ended = await connections[seed % connections.Length].Call(path, body, true, headers).Answer();
            statuses.AddOrUpdate(Check(ended, parser, seed), 1, (_, before) => before + 1);
        });
        foreach (var connection in connections)
        {
            await connection.DisposeAsync();
        }
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", statuses.OrderBy(s => s.Key).Select(s => $"{s.Value} {s.Key}")));
        Assert.Equal(count, statuses.Values.Sum());
    }

    private static StatusCode Check(RawAnswer ended, MessageParser parser, int seed)
    {
        Assert.True(
            ended.Code is StatusCode.OK or StatusCode.InvalidArgument or StatusCode.ResourceExhausted
            // A model that is named otherwise.
            || (ended.Code == StatusCode.NotFound && parser == ModelInferResponse.Parser),
            $"seed {seed}: {ended.Code} {ended.Message} {ended.Reset}");
        foreach (var bytes in ended.Messages())
        {
            var message = parser.ParseFrom(bytes.Array, bytes.Offset, bytes.Count);
            Finite.Assert(message, $"seed {seed}: {message.Descriptor.Name}");
            if (message is AnalyzeStreamResponse { Error: { } error })
            {
                Assert.Equal(((int)StatusCode.InvalidArgument, seed), (error.Code, seed));
            }
        }
        return ended.Code!.Value;
    }
}
