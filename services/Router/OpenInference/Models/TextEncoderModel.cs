using MedMoE.Mesh.Router.Gating;
using MedMoE.Mesh.Router.OpenInference.Tensors;
using MedMoE.Mesh.Router.Texts;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Router.OpenInference.Models;

/// <summary>The text encoder as a model. Words are ragged: those of the shorter texts of a batch are followed by zeros.</summary>
internal sealed class TextEncoderModel(TextSource texts, RouterGate gate)
    : InferenceModel(
        ModelNames.TextEncoder, [new TensorSpec(InferBatch.TextInput, ElementType.Bytes, 1)],
        [
            new TensorSpec(Sentence, ElementType.Fp32, gate.Manifest.EmbeddingDim),
            new TensorSpec(Words, ElementType.Fp32, -1, gate.Manifest.EmbeddingDim),
            new TensorSpec(WordCount, ElementType.Int32, 1),
            new TensorSpec(TokenCount, ElementType.Int32, 1),
            new TensorSpec(Truncated, ElementType.Bool, 1),
        ])
{
    public const string Sentence = "SENTENCE";
    private const string Words = "WORDS";
    private const string WordCount = "WORD_COUNT";
    private const string TokenCount = "TOKENS";
    private const string Truncated = "TRUNCATED";

    public override IReadOnlyList<MeshService> Services => [MeshService.TextEncoder];

    public override Task<ItemAnswer[]> Run(InferBatch batch, CancellationToken cancellation)
    {
        NamedText[] named = [.. batch.Texts(InferBatch.TextInput).Select((text, i) => new NamedText(text, $"texts[{i}]"))];
        return Named(batch, item: null, async () =>
        {
            var encoded = await texts.Encode(named, cancellation);
            return encoded.Texts.Select(text => AnswerOf(text.Encoded, encoded)).ToArray();
        });
    }

    private static ItemAnswer AnswerOf(EncodedText text, KnownTexts all) => new(
        new Dictionary<string, Cell>
        {
            [Sentence] = Cell.Of(text.Sentence),
            [Words] = Cell.Of(text.WordEmbeddings),
            [WordCount] = Cell.Of(text.Words.Count),
            [TokenCount] = Cell.Of(text.TokenCount),
            [Truncated] = Cell.Of(text.Truncated),
        },
        all.Model, [new Stage(ModelNames.TextEncoder, all.Timing)]);
}
