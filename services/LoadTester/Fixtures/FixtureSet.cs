using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Health.V1;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.LoadTester.Configuration;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Studies;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;
using MedMoE.Mesh.Wire.Catalog;
using DataType = MedMoE.Mesh.V1.DataType;

namespace MedMoE.Mesh.LoadTester.Fixtures;

/// <summary>The messages of the repository's loads, for a bundle and some studies. Their answers are small, because ghz decodes every one.</summary>
internal static class FixtureSet
{
    private const int Words = 12;
    private const string ImageInput = "IMAGE";
    private const string ReportInput = "REPORT";

    public static IEnumerable<(string Name, IEnumerable<IMessage> Messages)> Of(ModelBundle bundle, IReadOnlyList<Study> studies) =>
    [
        ("analyze", studies.Select(Analyze)),
        ("analyze-stream", studies.Take(10).Select((study, i) => new AnalyzeStreamRequest { RequestId = $"{i}", Request = Analyze(study) })),
        ("classify", studies.GroupBy(study => study.ReportType).Select(type => Classify(type.First(), bundle.Manifest.Experts[type.Key].Name))),
        ("embed-image", studies.Take(4).Select(study => new EmbedImageRequest { Image = ImageOf(study) })),
        ("embed-text", studies.Select(study => new EmbedTextRequest { Texts = { study.Report } })),
        ("list-experts", [new ListExpertsRequest()]),
        ("model-infer", studies.Take(4).Select(Infer)),
        ("model-stream-infer", studies.Take(4).Select(Infer)),
        ("backbone", studies.Take(4).Select(study => new ExtractPyramidRequest { Image = ImageOf(study) })),
        (ServiceCatalog.TextEncoder.Name, studies.Select(study => new EncodeRequest { Texts = { study.Report }, DataType = DataType.Fp16 })),
        ("expert", Localize(bundle)),
        ("model", [new GetModelRequest()]),
        ("health", [new HealthCheckRequest()]),
    ];

    /// <summary>The same as <c>--input-data</c> of perf_analyzer: made-up bytes are no image.</summary>
    public static JsonObject PerfAnalyzerData(IReadOnlyList<Study> studies) => new()
    {
        ["data"] = new JsonArray(
        [
            .. studies.Take(4).Select(study => new JsonObject
            {
                [ImageInput] = new JsonObject { ["b64"] = Convert.ToBase64String(study.Image) },
                [ReportInput] = new JsonArray(study.Report),
            }),
        ]),
    };

    private static Image ImageOf(Study study) => new() { Encoded = ByteString.CopyFrom(study.Image) };

    private static AnalyzeRequest Analyze(Study study) => new() { Image = ImageOf(study), Report = study.Report };

    private static ModelInferRequest Infer(Study study, int id) => new()
    {
        ModelName = "medmoe",
        Id = $"{id}",
        Inputs = { InputOf(ImageInput), InputOf(ReportInput) },
        RawInputContents = { WithLength(study.Image), WithLength(Encoding.UTF8.GetBytes(study.Report)) },
    };

    private static ModelInferRequest.Types.InferInputTensor InputOf(string name) => new() { Name = name, Datatype = "BYTES", Shape = { 1, 1 } };

    private static ByteString WithLength(byte[] element)
    {
        var bytes = new byte[sizeof(uint) + element.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, element.Length);
        element.CopyTo(bytes, sizeof(uint));
        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    private static ClassifyRequest Classify(Study study, string expert) => new()
    {
        Image = ImageOf(study),
        Classes =
        {
            new ClassPrompts { Name = "lesion", Prompts = { "There is a large lesion.", "A focal abnormality is seen." } },
            new ClassPrompts { Name = "normal", Prompts = { "No abnormality is seen.", "Normal appearance." } },
        },
        Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = expert },
    };

    /// <summary>A header and four levels. Random features are enough: an expert's work does not depend on them.</summary>
    private static IEnumerable<LocalizeRequest> Localize(ModelBundle bundle)
    {
        var backbone = JsonFile.ReadObject(bundle.PathOf(BundlePart.Backbone, "config.json"));
        int Setting(string name) => backbone.TryGetProperty(name, out var value) && value.TryGetInt32(out var number) && number > 0 ? number
            : throw new LoadException($"{bundle.PathOf(BundlePart.Backbone, "config.json")}: no {name}");
        var (channels, side, dim) = (Setting("embed_dim"), bundle.Manifest.Image.Size / Setting("patch_size"), bundle.Manifest.EmbeddingDim);
        var random = new Random(1);
        yield return new LocalizeRequest
        {
            Header = new LocalizeHeader
            {
                Texts =
                {
                    new TextQuery
                    {
                        Sentence = Tensor(random, DataType.Fp32, dim),
                        WordEmbeddings = Tensor(random, DataType.Fp16, Words, dim),
                    },
                },
            },
        };
        for (var level = 0; level < 4; level++, side = (side + 1) / 2)
        {
            yield return new LocalizeRequest
            {
                Level = new PyramidLevel { Level = level, LevelCount = 4, Features = Tensor(random, DataType.Fp16, side, side, channels << level) },
            };
        }
    }

    private static WireTensor Tensor(Random random, DataType type, params long[] shape)
    {
        var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (2 * random.NextSingle()) - 1;
        }
        return WireTensors.FromSingles(values, type, shape);
    }
}
