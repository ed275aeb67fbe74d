using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Text;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Model.Tests;

public sealed class BertEncoderTests
{
    [Fact]
    public void HiddenStates_Nano_EqualReference()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var golden = Golden.Open("bert-nano");
        using var network = Seeded();
        var mask = golden["attention_mask"];

        var states = network.HiddenStates(golden["input_ids"], mask);

        for (var layer = 0; layer < states.Count; layer++)
        {
            // The reference has zeros at padded positions.
            var own = states[layer] * mask.unsqueeze(2).to(ScalarType.Float32);
            Assertions.Near(golden[$"hidden_states.{layer}"], own, Assertions.OneNetwork, $"hidden_states.{layer}");
        }
        Assertions.Near(golden["pooler_output"], network.Pool(states[^1]), Assertions.OneNetwork, "pooler_output");
    }

    [Fact]
    public void Encode_Nano_WordsAndSentencesEqualReference()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var golden = Golden.Open("bert-nano");
        using var encoder = Encoder();
        var words = Golden.Json("bert-nano", "io.json").GetProperty("words").EnumerateArray()
            .Select(text => text.EnumerateArray().Select(w => w.GetString()!).ToArray()).ToArray();

        var encoded = encoder.Encode([.. words.Select(w => string.Join(' ', w))]);

        for (var row = 0; row < words.Length; row++)
        {
            Assert.Equal(words[row].Length, encoded.WordCounts[row]);
            Assertions.Near(
                golden[$"{row}.word_embeddings"], encoded.Words[row].narrow(0, 0, words[row].Length), Assertions.OneNetwork, $"{row}.word_embeddings");
            Assertions.Near(golden[$"{row}.sentence_embedding"], encoded.Sentences[row], Assertions.OneNetwork, $"{row}.sentence_embedding");
            Assert.Equal(0, encoded.Words[row].narrow(0, words[row].Length, encoded.Words.shape[1] - words[row].Length).abs().sum().item<float>());
        }
    }

    [Fact]
    public void Encode_Batch_RowsEqualTheirSingleRuns()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var encoder = Encoder();
        string[] texts = ["normal", "small nodule in the left upper lobe, atelectasis and pneumonia", "No evidence of pneumothorax."];

        var together = encoder.Encode(texts);

        for (var row = 0; row < texts.Length; row++)
        {
            var single = encoder.Encode([texts[row]]);
            Assertions.Near(single.Sentences[0], together.Sentences[row], 1e-6, $"sentence {row}");
            Assertions.Near(single.Words[0], together.Words[row].narrow(0, 0, single.WordCounts[0]), 1e-6, $"words {row}");
        }
    }

    private static BertEncoder Seeded()
    {
        var network = new BertEncoder(BertConfig.Read(Golden.PathOf("bert-nano", "config.json")), withPooler: true);
        network.eval();
        Formula.Fill(network, name => "text." + name);
        return network;
    }

    private static TextEmbedder Encoder() => new(
        new BertTokenizer(Vocabulary.Read(Golden.PathOf("bert-nano", "vocab.txt"), 187), lowerCase: false), Seeded(), new TextSettings(MaxTokens: 64));
}
