using System.Runtime.InteropServices;
using Google.Protobuf;
using MedMoE.Mesh.Gateway.Versions;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;
using DataType = MedMoE.Mesh.V1.DataType;

namespace MedMoE.Mesh.Gateway.Tests.Versions;

public sealed class AnswerComparisonTests
{
    [Fact]
    public void Analyze_ComparesExpertAndEmbedding()
    {
        AnalyzeResponse Answer(string expert, params float[] embedding) => new() { Gate = Gate(expert), ImageEmbedding = Tensor(embedding) };

        AssertIs(AnswerComparison.Of(Answer("ct", 1, 2), Answer("ct", 2, 4)), [("expert", true)], [("image", "ct", 1)]);
        AssertIs(AnswerComparison.Of(Answer("ct", 1, 0), Answer("mri", 1, 1)), [("expert", false)], [("image", "ct", Math.Sqrt(0.5))]);
        Assert.Null(AnswerComparison.Of(Answer("ct", 1, 0), Answer("ct", 1, 0, 0)));
        Assert.Null(AnswerComparison.Of(Answer("ct", 1, 0), new ClassifyResponse()));
    }

    [Fact]
    public void EmbedImageAndText_CompareExpertsAndEmbeddings()
    {
        EmbedImageResponse Image(string expert, params float[] embedding) => new() { Gate = Gate(expert), Embedding = Tensor(embedding) };
        EmbedTextResponse Texts(params (string Expert, float[] Embedding)[] texts) =>
            new() { Texts = { texts.Select(text => new TextEmbedding { Gate = Gate(text.Expert), Embedding = Tensor(text.Embedding) }) } };

        AssertIs(AnswerComparison.Of(Image("ct", 1, 0), Image("ct", 0, 1)), [("expert", true)], [("image", "ct", 0)]);
        AssertIs(
            AnswerComparison.Of(Texts(("ct", [1, 0]), ("ct", [1, 0])), Texts(("ct", [1, 0]), ("xray", [-1, 0]))),
            [("expert", true), ("expert", false)], [("text", "", 1), ("text", "", -1)]);
        Assert.Null(AnswerComparison.Of(Texts(("ct", [1, 0])), Texts()));
    }

    [Fact]
    public void Classify_ComparesTheMostProbableClass()
    {
        ClassifyResponse Answer(float normal, float effusion) => new()
        {
            Classes = { new ClassScore { Name = "normal", Probability = normal }, new ClassScore { Name = "effusion", Probability = effusion } },
        };

        AssertIs(AnswerComparison.Of(Answer(0.6f, 0.4f), Answer(0.9f, 0.1f)), [("class", true)], []);
        AssertIs(AnswerComparison.Of(Answer(0.6f, 0.4f), Answer(0.4f, 0.6f)), [("class", false)], []);
    }

    [Fact]
    public void Infer_ComparesOutputsByTheirNames()
    {
        ModelInferResponse Answer(string expert, params float[] embeddings) => new()
        {
            Outputs =
            {
                new ModelInferResponse.Types.InferOutputTensor { Name = "EXPERT", Datatype = "BYTES", Shape = { 2, 1 } },
                new ModelInferResponse.Types.InferOutputTensor { Name = "IMAGE_EMBEDDING", Datatype = "FP32", Shape = { 2, embeddings.Length / 2 } },
            },
            RawOutputContents =
            {
                ByteString.CopyFromUtf8(expert), ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(embeddings)),
            },
        };

        AssertIs(
            AnswerComparison.Of(Answer("ct,ct", 1, 0, 0, 1), Answer("ct,us", 1, 0, 1, 0)), [("expert", false)], [("image", "", 1), ("image", "", 0)]);
        Assert.Null(AnswerComparison.Of(Answer("ct", 1, 0, 0, 1), Answer("ct", 1, 0, 0, 1, 0, 1)));
    }

    private static GateDecision Gate(string expert) => new() { Expert = expert };

    private static WireTensor Tensor(float[] values) => WireTensors.FromSingles(values, DataType.Fp32, values.Length);

    private static void AssertIs(AnswerComparison? actual, (string, bool)[] choices, (string, string, double)[] cosines)
    {
        Assert.Equal(choices, actual!.Choices);
        Assert.Equal(cosines.Select(c => (c.Item1, c.Item2)), actual.Cosines.Select(c => (c.What, c.Expert)));
        Assert.Equal(cosines.Select(c => c.Item3), actual.Cosines.Select(c => c.Cosine), (a, b) => Math.Abs(a - b) < 1e-6);
    }
}
