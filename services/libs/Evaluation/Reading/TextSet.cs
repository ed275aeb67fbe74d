using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Experts;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Evaluation.Reading;

/// <summary>Texts to compare with images, with their words concatenated.</summary>
internal sealed class TextSet
{
    private readonly EncodedText[] _texts;
    private readonly Dictionary<int, int> _firstWords = [];

    /// <summary>The texts have at least one word in total.</summary>
    public TextSet(EncodedText[] texts, int dim, Device device)
        : this(
            texts, Enumerable.Range(0, texts.Length),
            tensor(texts.SelectMany(t => t.Words).ToArray(), [1, texts.Sum(t => t.Words.Length) / dim, dim]).to(device))
    {
    }

    private TextSet(EncodedText[] texts, IEnumerable<int> members, Tensor words)
    {
        _texts = texts;
        Words = words;
        var counts = new List<int>();
        foreach (var member in members)
        {
            _firstWords.Add(member, counts.Sum());
            counts.Add(texts[member].Tokens.Words.Count);
        }
        Counts = counts;
    }

    /// <summary>[1, words of all texts, D], float32.</summary>
    public Tensor Words { get; }

    /// <summary>Words of each text.</summary>
    public IReadOnlyList<int> Counts { get; }

    public int Count => _texts.Length;

    public EncodedText this[int text] => _texts[text];

    /// <summary>Index of a text's first word in <see cref="Words"/>.</summary>
    public int FirstWord(int text) => _firstWords[text];

    /// <summary>The same texts with the same indices, but only the words of some. The words belong to the caller's dispose scope.</summary>
    public TextSet Only(IReadOnlySet<int> texts) => texts.Count == Count ? this : new TextSet(
        _texts,
        [.. texts.Order()],
        cat([.. texts.Order().Select(text => Words.narrow(1, FirstWord(text), _texts[text].Tokens.Words.Count))], dim: 1));
}

/// <summary>
/// Results of one expert for one image and a set of texts: v_g, [D]; the cosine of each word and its context, [words]; and the attention, [words, P].
/// </summary>
internal sealed class GroundedTexts(TextSet texts, float[] embedding, float[] similarities, Tensor attention, SimilaritySettings temperatures)
{
    public float[] Embedding { get; } = embedding;

    /// <summary>See <see cref="PromptScore"/>. Minus infinity for a text without words.</summary>
    public float Score(int text)
    {
        var words = texts[text].Tokens.Words.Count;
        if (words == 0)
        {
            return float.NegativeInfinity;
        }
        var global = System.Numerics.Tensors.TensorPrimitives.CosineSimilarity<float>(Embedding, texts[text].Sentence);
        var local = Similarity.Local(similarities.AsSpan(texts.FirstWord(text), words), temperatures.WordTemperature);
        return PromptScore.Of(global, local, words, temperatures);
    }

    /// <summary>The mean attention of some of a text's words, [P].</summary>
    public float[] Map(int text, int[] words)
    {
        using var scope = NewDisposeScope();
        var index = tensor(words.Select(word => (long)(texts.FirstWord(text) + word)).ToArray(), device: attention.device);
        return [.. attention.index_select(0, index).mean([0]).cpu().data<float>()];
    }
}
