using Google.Protobuf;
using MedMoE.Mesh.Router.Answers;
using MedMoE.Mesh.Router.Pyramids;
using MedMoE.Mesh.Router.Texts;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Services.Tests.Router;

public sealed class EntryKeyTests
{
    private static readonly ModelInfo _model = new() { Digests = { ["backbone"] = "1" }, Precisions = { ["backbone"] = "fp32" } };
    private static readonly ModelInfo _weights = new() { Digests = { ["backbone"] = "2" }, Precisions = { ["backbone"] = "fp32" } };
    private static readonly ModelInfo _precision = new() { Digests = { ["backbone"] = "1" }, Precisions = { ["backbone"] = "bf16" } };

    [Fact]
    public void Keys_OfWhateverAnAnswerDependsOn_Differ()
    {
        var shape = new AnswerShape();
        string[] keys =
        [
            TextEntry.Key("mass", _model), TextEntry.Key("mas", _model), TextEntry.Key("mass", _weights), TextEntry.Key("mass", _precision),
            PyramidEntry.Key("i", DataType.Fp16, _model), PyramidEntry.Key("i", DataType.Fp32, _model), PyramidEntry.Key("j", DataType.Fp16, _model),
            PyramidEntry.Key("i", DataType.Fp16, _weights), PyramidEntry.Key("i", DataType.Fp16, _precision),
            AnswerEntry.Key("p", _model, ["a", "b"], shape), AnswerEntry.Key("p", _model, ["ab"], shape),
            AnswerEntry.Key("p", _model, ["b", "a"], shape), AnswerEntry.Key("q", _model, ["a", "b"], shape),
            AnswerEntry.Key("p", _weights, ["a", "b"], shape),
            AnswerEntry.Key("p", _model, ["a", "b"], shape with { Attention = true }),
            AnswerEntry.Key("p", _model, ["a", "b"], shape with { Type = DataType.Bf16 }),
        ];
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.All(keys, key => Assert.Matches("^[0-9a-f]{64}$", key));
        Assert.Equal(keys[0], TextEntry.Key("mass", _model.Clone()));
    }

    [Fact]
    public void Image_EncodedAndPixelsOfTheSameBytes_Differ()
    {
        var bytes = ByteString.CopyFrom(1, 2, 3, 4);
        Image Pixels(DataType type, params long[] shape) => new() { Pixels = new WireTensor { DataType = type, Shape = { shape }, Data = bytes } };
        Image[] images =
        [
            new() { Encoded = bytes }, Pixels(DataType.Fp32, 1), Pixels(DataType.Fp16, 2), Pixels(DataType.Fp16, 1, 2), Pixels(DataType.Bf16, 2),
        ];
        Assert.Equal(images.Length, images.Select(ImageContent.HashOf).Distinct().Count());
    }
}
