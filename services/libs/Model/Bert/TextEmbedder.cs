using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Model.Bert;

/// <summary>
/// A batch of encoded texts: their tokens, truncated if too long; word embeddings [batch, most words, D], zero after a text's last word; sentence
/// embeddings [batch, D]; both float32.
/// </summary>
public sealed record EncodedTexts(IReadOnlyList<Tokens> Tokens, Tensor Words, Tensor Sentences) : IDisposable
{
    public IReadOnlyList<int> WordCounts { get; } = [.. Tokens.Select(t => t.Words.Count)];

    public void Dispose()
    {
        Words.Dispose();
        Sentences.Dispose();
    }
}

/// <summary>Encodes texts: tokenizer, BERT, wordpieces summed into words (as in GLoRIA).</summary>
public sealed class TextEmbedder : IDisposable
{
    private readonly TextSettings _settings;

    public TextEmbedder(BertTokenizer tokenizer, BertEncoder network, TextSettings settings)
    {
        Tokenizer = tokenizer;
        Network = network;
        _settings = settings;
    }

    public BertTokenizer Tokenizer { get; }

    public BertEncoder Network { get; }

    /// <summary>Encodes at least one text. Results do not depend on the rest of the batch. A text without words is only [CLS] and [SEP].</summary>
    public EncodedTexts Encode(IReadOnlyList<string> texts)
    {
        Tokens[] tokens = [.. texts.Select(t => Tokenizer.Encode(t, _settings.MaxTokens))];
        return Encode(tokens);
    }

    public EncodedTexts Encode(IReadOnlyList<Tokens> tokens)
    {
        using var scope = NewDisposeScope();
        var length = tokens.Max(t => t.Ids.Count);
        var ids = new long[tokens.Count, length];
        var mask = new long[tokens.Count, length];
        var mostWords = Math.Max(1, tokens.Max(t => t.Words.Count));
        // Matrices that sum a text's wordpieces into words: [batch, words, tokens].
        var membership = new float[tokens.Count, mostWords, length];
        for (var row = 0; row < tokens.Count; row++)
        {
            for (var at = 0; at < length; at++)
            {
                var own = at < tokens[row].Ids.Count;
                ids[row, at] = own ? tokens[row].Ids[at] : Tokenizer.Padding;
                mask[row, at] = own ? 1 : 0;
            }
            foreach (var (word, index) in tokens[row].Words.Select((w, i) => (w, i)))
            {
                for (var at = word.FirstToken; at < word.FirstToken + word.TokenCount; at++)
                {
                    membership[row, index, at] = 1;
                }
            }
        }
        var device = Network.parameters().First().device;
        var attentionMask = tensor(mask, device: device);
        var states = Network.HiddenStates(tensor(ids, device: device), attentionMask);
        var embeddings = states.TakeLast(_settings.LastLayers).Select(s => s.to(ScalarType.Float32)).Aggregate((sum, state) => sum.Plus(state));
        var words = tensor(membership, device: device).matmul(embeddings);
        // The mean over the text's own tokens, with [CLS] and [SEP], so that padding never changes a result.
        var weights = attentionMask.to(ScalarType.Float32).unsqueeze(1);
        var sentences = weights.matmul(embeddings).squeeze(1) / weights.sum(2);
        return new EncodedTexts(tokens, words.MoveToOuterDisposeScope(), sentences.MoveToOuterDisposeScope());
    }

    public void Dispose() => Network.Dispose();
}
