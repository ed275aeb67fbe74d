using Google.Protobuf;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;
using static MedMoE.Mesh.Services.Tests.Router.OpenInference.Tensors;
using InferInputTensor = MedMoE.Mesh.OpenInference.ModelInferRequest.Types.InferInputTensor;
using InferRequestedOutputTensor = MedMoE.Mesh.OpenInference.ModelInferRequest.Types.InferRequestedOutputTensor;
using WireType = MedMoE.Mesh.V1.DataType;

namespace MedMoE.Mesh.Services.Tests.Router.OpenInference;

/// <summary>Every model's answers, beside those of the mesh's own calls.</summary>
public sealed class InferTests(InferenceMesh mesh) : IClassFixture<InferenceMesh>
{
    private const double Tolerance = 1e-6;

    // The network runs again, with other texts in its batch.
    private const double OfAnotherRun = 1e-5;

    private static readonly string[] _all = ["IMAGE_EMBEDDING", "EXPERT", "GATE_PROBABILITIES", "GLOBAL_SIMILARITY", "LOCAL_SIMILARITY"];

    [Fact]
    public async Task Medmoe_Images_EqualAnalyze()
    {
        var images = Array.ConvertAll(Samples.Files, Samples.Bytes);
        var request = Request("medmoe", Bytes("IMAGE", images), Texts("REPORT", Samples.Reports[..2]));
        request.Id = "of the caller";

        var answer = await mesh.Infer(request);

        Assert.Equal(("medmoe", "1", "of the caller"), (answer.ModelName, answer.ModelVersion, answer.Id));
        Assert.Equal(_all, answer.Outputs.Select(o => o.Name));
        Assert.Equal(
            ("medmoe-nano-paper", "1"), (answer.Parameters["bundle"].StringParam, answer.Parameters["bundle_version"].StringParam));
        Assert.Equal([2, 64], answer.Shape("IMAGE_EMBEDDING"));
        for (var i = 0; i < 2; i++)
        {
            AssertEqual(await Analyze(Samples.Encoded(Samples.Files[i]), Samples.Reports[i]), answer, i);
        }
    }

    [Fact]
    public async Task Medmoe_ReportForOneOfTwo_TheOthersSimilaritiesAreNaN()
    {
        var answer = await mesh.Infer(
            Request("medmoe", Bytes("IMAGE", Array.ConvertAll(Samples.Files, Samples.Bytes)), Texts("REPORT", Samples.Reports[0], "")));

        AssertEqual(await Analyze(Samples.Encoded(Samples.Files[0]), Samples.Reports[0]), answer, 0);
        AssertEqual(await Analyze(Samples.Encoded(Samples.Files[1]), ""), answer, 1);
        Assert.True(float.IsFinite(answer.Floats("GLOBAL_SIMILARITY")[0]));
        Assert.True(float.IsNaN(answer.Floats("GLOBAL_SIMILARITY")[1]) && float.IsNaN(answer.Floats("LOCAL_SIMILARITY")[1]));
    }

    [Fact]
    public async Task Medmoe_NamedOutputs_ComeInTheirOrder()
    {
        var request = Request("medmoe", Bytes("IMAGE", Samples.Bytes(Samples.Files[0])));
        request.ModelVersion = "1";
        request.Outputs.Add(new InferRequestedOutputTensor { Name = "GATE_PROBABILITIES" });
        request.Outputs.Add(new InferRequestedOutputTensor { Name = "EXPERT" });

        var answer = await mesh.Infer(request);

        Assert.Equal(["GATE_PROBABILITIES", "EXPERT"], answer.Outputs.Select(o => o.Name));
        Assert.Equal(1, answer.Floats("GATE_PROBABILITIES").Sum(), 1e-5);
        Assert.Single(answer.Texts("EXPERT"));
    }

    [Fact]
    public async Task Medmoe_TypedContents_EqualRaw()
    {
        var pixels = Samples.Stored("gray8_512x640");
        var raw = await mesh.Infer(Request("medmoe", Fp32("PIXELS", pixels, 1, 3, 224, 224), Texts("REPORT", Samples.Reports[0])));

        var typed = await mesh.Infer(new ModelInferRequest
        {
            ModelName = "medmoe",
            Inputs =
            {
                new InferInputTensor
                {
                    Name = "PIXELS",
                    Datatype = "FP32",
                    Shape = { 1, 3, 224, 224 },
                    Contents = new InferTensorContents { Fp32Contents = { pixels } },
                },
                new InferInputTensor
                {
                    Name = "REPORT",
                    Datatype = "BYTES",
                    Shape = { 1, 1 },
                    Contents = new InferTensorContents { BytesContents = { ByteString.CopyFromUtf8(Samples.Reports[0]) } },
                },
            },
        });

        Assert.Equal(raw.RawOutputContents, typed.RawOutputContents);
        AssertEqual(await Analyze(Samples.Pixels(pixels), Samples.Reports[0]), typed, 0);
    }

    [Fact]
    public async Task Medmoe_Bf16Pixels_AreTheUpperHalves()
    {
        var pixels = Samples.Stored("gray8_512x640");

        var answer = await mesh.Infer(Request("medmoe", Bf16("PIXELS", pixels, 1, 3, 224, 224)));

        var same = new Image
        {
            Pixels = new WireTensor { DataType = WireType.Bf16, Shape = { 3, 224, 224 }, Data = ByteString.CopyFrom(UpperHalves(pixels)) },
        };
        AssertEqual(await Analyze(same, ""), answer, 0);
        Assert.NotEqual(
            (await Analyze(Samples.Pixels(pixels), "")).ImageEmbedding.Data, ByteString.CopyFrom(answer.RawOutputContents[0].Span));
    }

    [Fact]
    public async Task Medmoe_GatingParameters_ChooseTheExpert()
    {
        var request = Request("medmoe", Bytes("IMAGE", Samples.Bytes(Samples.Files[0])), Texts("REPORT", Samples.Reports[0]));
        request.Parameters.Add("expert", new InferParameter { StringParam = "MR" });
        var named = await mesh.Infer(request);
        Assert.Equal(["mri"], named.Texts("EXPERT"));

        request.Parameters.Clear();
        request.Parameters.Add("gating", new InferParameter { StringParam = "image" });
        request.Parameters.Add("timeout", new InferParameter { Int64Param = 60_000_000 });
        request.Parameters.Add("priority", new InferParameter { Uint64Param = 1 });
        AssertEqual(
            await Analyze(Samples.Encoded(Samples.Files[0]), Samples.Reports[0], new Gating { Policy = GatingPolicy.Image }),
            await mesh.Infer(request), 0);
    }

    [Fact]
    public async Task Expert_Image_EqualsAnalyzeWithIt()
    {
        var answer = await mesh.Infer(
            Request("expert_ct", Bytes("IMAGE", Samples.Bytes(Samples.Files[1])), Texts("REPORT", Samples.Reports[1])));

        AssertEqual(
            await Analyze(Samples.Encoded(Samples.Files[1]), Samples.Reports[1], new Gating { Policy = GatingPolicy.Explicit, Expert = "ct" }),
            answer, 0);
    }

    [Fact]
    public async Task Backbone_Image_EqualsItsPyramid()
    {
        var levels = await Pyramids.Extract(mesh.Running.Backbone.Channel, WireType.Fp32, Samples.Encoded(Samples.Files[0]));

        var answer = await mesh.Infer(Request("backbone", Bytes("IMAGE", Samples.Bytes(Samples.Files[0]))));

        Assert.Equal(["POOLED", "LEVEL_0", "LEVEL_1", "LEVEL_2", "LEVEL_3"], answer.Outputs.Select(o => o.Name));
        Near(WireTensors.ToSingles(levels[3].Pooled, "", -1), answer.Floats("POOLED"));
        foreach (var level in levels)
        {
            Assert.Equal(level.Features.Shape.Prepend(1), answer.Shape($"LEVEL_{level.Level}"));
            Near(WireTensors.ToSingles(level.Features, "", -1, -1, -1), answer.Floats($"LEVEL_{level.Level}"));
        }
    }

    [Fact]
    public async Task TextEncoder_Texts_EqualItsOwn()
    {
        string[] texts = ["large mass", Samples.Reports[0]];
        var own = await new TextEncoderService.TextEncoderServiceClient(mesh.Running.Gateway.Channel).EncodeAsync(
            new EncodeRequest { Texts = { texts } }, deadline: InferenceMesh.Deadline);

        var answer = await mesh.Infer(Request("text_encoder", Texts("TEXT", texts)));

        var longest = own.Texts.Max(text => text.Words.Count);
        Assert.Equal(own.Texts.Select(text => text.Words.Count), answer.Ints("WORD_COUNT"));
        Assert.Equal(own.Texts.Select(text => text.TokenCount), answer.Ints("TOKENS"));
        Assert.Equal([2, longest, 64], answer.Shape("WORDS"));
        for (var i = 0; i < 2; i++)
        {
            var words = WireTensors.ToSingles(own.Texts[i].WordEmbeddings, "", -1, 64);
            Near(WireTensors.ToSingles(own.Texts[i].Sentence, "", 64), answer.Floats("SENTENCE")[(64 * i)..(64 * (i + 1))], OfAnotherRun);
            Near(
                [.. words, .. new float[(longest * 64) - words.Length]], answer.Floats("WORDS")[(longest * 64 * i)..(longest * 64 * (i + 1))],
                OfAnotherRun);
        }
        var truncated = answer.Outputs.Select(o => o.Name).ToList().IndexOf("TRUNCATED");
        Assert.Equal(own.Texts.Select(text => text.Truncated ? (byte)1 : (byte)0), answer.RawOutputContents[truncated]);
    }

    [Fact]
    public async Task Gate_TextOrImage_DecidesAsTheMesh()
    {
        var byText = await mesh.Infer(Request("gate", Texts("TEXT", Samples.Reports[0], Samples.Reports[1])));
        var byImage = await mesh.Infer(Request("gate", Bytes("IMAGE", Samples.Bytes(Samples.Files[0]))));

        var texts = await mesh.Running.Client.EmbedTextAsync(
            new EmbedTextRequest { Texts = { Samples.Reports[..2] } }, deadline: InferenceMesh.Deadline);
        var image = await Analyze(Samples.Encoded(Samples.Files[0]), "");
        Assert.Equal(texts.Texts.Select(text => text.Gate.Expert), byText.Texts("EXPERT"));
        Near([.. texts.Texts.SelectMany(text => Probabilities(text.Gate))], byText.Floats("GATE_PROBABILITIES"));
        Assert.Equal([image.Gate.Expert], byImage.Texts("EXPERT"));
        Near(Probabilities(image.Gate), byImage.Floats("GATE_PROBABILITIES"));
    }

    private async Task<AnalyzeResponse> Analyze(Image image, string report, Gating? gating = null) => await mesh.Running.Client.AnalyzeAsync(
        new AnalyzeRequest { Image = image, Report = report, Gating = gating }, deadline: InferenceMesh.Deadline);

    private float[] Probabilities(GateDecision gate) =>
        [.. mesh.Running.Files.Open().Manifest.Experts.Select(expert => gate.Probabilities[expert.Name])];

    private void AssertEqual(AnalyzeResponse expected, ModelInferResponse answer, int item)
    {
        var embedding = WireTensors.ToSingles(expected.ImageEmbedding, "", -1);
        Near(embedding, answer.Floats("IMAGE_EMBEDDING")[(item * embedding.Length)..((item + 1) * embedding.Length)]);
        Assert.Equal(expected.Gate.Expert, answer.Texts("EXPERT")[item]);
        Near(Probabilities(expected.Gate), answer.Floats("GATE_PROBABILITIES")[(4 * item)..(4 * (item + 1))]);
        if (expected.Report is { } report)
        {
            Near(
                [report.Grounding.GlobalSimilarity, report.Grounding.LocalSimilarity],
                [answer.Floats("GLOBAL_SIMILARITY")[item], answer.Floats("LOCAL_SIMILARITY")[item]]);
        }
    }

    private static void Near(float[] expected, float[] actual, double tolerance = Tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance * Math.Max(1, Math.Abs(pair.First))));
    }
}
