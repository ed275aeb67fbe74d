using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Google.Protobuf;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Gateway.Versions;

/// <summary>How two versions' answers to one request differ.</summary>
/// <param name="Choices">Whether they chose the same, by what was chosen: "expert" or "class".</param>
/// <param name="Cosines">
/// Cosines of their embeddings, by what was embedded, "image" or "text", and the expert of the answer; of a text there is none.
/// </param>
internal sealed record AnswerComparison(
    IReadOnlyList<(string What, bool Agrees)> Choices, IReadOnlyList<(string What, string Expert, double Cosine)> Cosines)
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
                (AnalyzeResponse a, AnalyzeResponse b) => OfImage(a.Gate, b.Gate, a.ImageEmbedding, b.ImageEmbedding),
                (EmbedImageResponse a, EmbedImageResponse b) => OfImage(a.Gate, b.Gate, a.Embedding, b.Embedding),
                (EmbedTextResponse a, EmbedTextResponse b) when a.Texts.Count == b.Texts.Count => new(
                    [.. a.Texts.Zip(b.Texts, (first, second) => Gates(first.Gate, second.Gate))],
                    [.. a.Texts.Zip(b.Texts, (first, second) => (Text, "", Cosine(first.Embedding, second.Embedding)))]),
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

    private static AnswerComparison OfImage(GateDecision? gate, GateDecision? otherGate, WireTensor? embedding, WireTensor? other) =>
        new([Gates(gate, otherGate)], [(Image, gate?.Expert ?? "", Cosine(embedding, other))]);

    private static (string What, bool Agrees) Gates(GateDecision? one, GateDecision? other) => (Expert, one?.Expert == other?.Expert);

    private static string? Top(ClassifyResponse answer) => answer.Classes.MaxBy(entry => entry.Probability)?.Name;

    private static double Cosine(WireTensor? one, WireTensor? other) => Cosine(Values(one), Values(other));

    private static float[] Values(WireTensor? tensor) => WireTensors.ToSingles(tensor, Image, [.. tensor?.Shape ?? []]);

    private static double Cosine(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        Require(one.Length == other.Length && !one.IsEmpty);
        return TensorPrimitives.CosineSimilarity(one, other);
    }

    private static AnswerComparison? Outputs(ModelInferResponse one, ModelInferResponse other)
    {
        ByteString? Raw(ModelInferResponse answer, string name) =>
            answer.Outputs.Select((output, place) => (output.Name, place)).FirstOrDefault(output => output.Name == name) is { Name: not null } found
                ? answer.RawOutputContents[found.place] : null;
        (string, bool)[] choices = Raw(one, "EXPERT") is { } expert ? [(Expert, expert == Raw(other, "EXPERT"))] : [];
        List<(string, string, double)> cosines = [];
        foreach (var (name, what) in new[] { ("IMAGE_EMBEDDING", Image), ("SENTENCE", Text) })
        {
            if (one.Outputs.FirstOrDefault(output => output.Name == name) is { Datatype: "FP32", Shape: [> 0, > 0 and var size] })
            {
                var (values, others) = (Singles(Raw(one, name)!), Singles(Raw(other, name) ?? ByteString.Empty));
                Require(values.Length == others.Length);
                cosines.AddRange(values.Chunk((int)size).Zip(others.Chunk((int)size), (item, otherItem) => (what, "", Cosine(item, otherItem))));
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
