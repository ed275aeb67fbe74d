using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Google.Protobuf;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Gateway.Versions;

/// <summary>How two versions' answers to one request differ.</summary>
/// <param name="Choices">Whether they chose the same, by what was chosen: "expert" or "class".</param>
/// <param name="Cosines">Cosines of their embeddings, by what was embedded: "image" or "text".</param>
internal sealed record AnswerComparison(IReadOnlyList<(string What, bool Agrees)> Choices, IReadOnlyList<(string What, double Cosine)> Cosines)
{
    private const string Expert = "expert";
    private const string Image = "image";
    private const string Text = "text";

    /// <summary>Null if they cannot be compared: of other types or sizes.</summary>
    public static AnswerComparison? Of(IMessage one, IMessage other)
    {
        try
        {
            return (one, other) switch
            {
                (AnalyzeResponse a, AnalyzeResponse b) => new([Gates(a.Gate, b.Gate)], [(Image, Cosine(a.ImageEmbedding, b.ImageEmbedding))]),
                (EmbedImageResponse a, EmbedImageResponse b) => new([Gates(a.Gate, b.Gate)], [(Image, Cosine(a.Embedding, b.Embedding))]),
                (EmbedTextResponse a, EmbedTextResponse b) when a.Texts.Count == b.Texts.Count => new(
                    [.. a.Texts.Zip(b.Texts, (first, second) => Gates(first.Gate, second.Gate))],
                    [.. a.Texts.Zip(b.Texts, (first, second) => (Text, Cosine(first.Embedding, second.Embedding)))]),
                (ClassifyResponse a, ClassifyResponse b) => new([("class", Top(a) == Top(b))], []),
                (ModelInferResponse a, ModelInferResponse b) => Outputs(a, b),
                _ => null,
            };
        }
        catch (InvalidFieldException)
        {
            return null;
        }
    }

    private static (string What, bool Agrees) Gates(GateDecision one, GateDecision other) => (Expert, one.Expert == other.Expert);

    private static string? Top(ClassifyResponse answer) => answer.Classes.MaxBy(entry => entry.Probability)?.Name;

    private static double Cosine(WireTensor one, WireTensor other) => Cosine(Values(one), Values(other));

    private static float[] Values(WireTensor tensor) => WireTensors.ToSingles(tensor, Image, [.. tensor.Shape]);

    private static double Cosine(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        Require(one.Length == other.Length && !one.IsEmpty);
        return TensorPrimitives.CosineSimilarity(one, other);
    }

    private static AnswerComparison? Outputs(ModelInferResponse one, ModelInferResponse other)
    {
        List<(string, bool)> choices = [];
        List<(string, double)> cosines = [];
        for (var place = 0; place < one.Outputs.Count; place++)
        {
            var output = one.Outputs[place];
            var second = other.Outputs.Select(entry => entry.Name).ToList().IndexOf(output.Name);
            if (second < 0)
            {
                return null;
            }
            var (bytes, others) = (one.RawOutputContents[place], other.RawOutputContents[second]);
            if (output.Name == "EXPERT")
            {
                choices.Add((Expert, bytes == others));
            }
            else if (output is { Datatype: "FP32", Name: "IMAGE_EMBEDDING" or "SENTENCE", Shape: [> 0 and var items, _] })
            {
                var (values, otherValues) = (Singles(bytes), Singles(others));
                Require(values.Length == otherValues.Length);
                foreach (var (item, otherItem) in values.Chunk(values.Length / (int)items).Zip(otherValues.Chunk(values.Length / (int)items)))
                {
                    cosines.Add((output.Name == "SENTENCE" ? Text : Image, Cosine(item, otherItem)));
                }
            }
        }
        return new AnswerComparison(choices, cosines);
    }

    private static float[] Singles(ByteString bytes) => MemoryMarshal.Cast<byte, float>(bytes.Span).ToArray();

    private static void Require(bool isSameSize)
    {
        if (!isSameSize)
        {
            throw new InvalidFieldException(Image, "the answers have embeddings of different sizes");
        }
    }
}
