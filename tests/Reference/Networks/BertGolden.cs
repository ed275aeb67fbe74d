using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Text;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Reference.Networks;

/// <summary>The text encoder compared with <c>bert-nano</c>.</summary>
public static class BertGolden
{
    private const string Folder = "bert-nano";
    private static readonly string[] _rows =
        ["normal", "small nodule in the left upper lobe, atelectasis and pneumonia", "No evidence of pneumothorax."];

    /// <summary>The words of the reference's texts.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Words { get; } =
        [.. Golden.Json(Folder, "io.json").GetProperty("words").EnumerateArray()
            .Select(text => text.EnumerateArray().Select(w => w.GetString()!).ToArray())];

    /// <summary>Encodes the reference's texts.</summary>
    public static EncodedTexts Encode(TextEmbedder embedder) => embedder.Encode([.. Words.Select(w => string.Join(' ', w))]);

    public static TextEmbedder Embedder(TorchOptions options) => new(
        new BertTokenizer(Vocabulary.Read(Golden.PathOf(Folder, "vocab.txt"), 187), lowerCase: false),
        Network(options), new TextSettings(MaxTokens: 64));

    /// <summary>Compares every hidden state and the pooled output, then the texts' words and sentences.</summary>
    public static IReadOnlyList<Comparison> Nano(TorchOptions options)
    {
        using var golden = Golden.Open(Folder);
        using var embedder = Embedder(options);
        var device = options.ResolveDevice();
        var mask = golden["attention_mask"].to(device);
        var states = embedder.Network.HiddenStates(golden["input_ids"].to(device), mask);
        // The reference has zeros at padded positions.
        List<Comparison> results = [.. states
            .Select((state, layer) => (Name: $"hidden_states.{layer}", Own: state * mask.unsqueeze(2).to(state.dtype)))
            .Select(state => new Comparison(state.Name, golden[state.Name], state.Own, Comparison.OneNetwork))];
        results.Add(new("pooler_output", golden["pooler_output"], Pool(states[^1]), Comparison.OneNetwork));
        var encoded = Encode(embedder);
        for (var row = 0; row < Words.Count; row++)
        {
            var words = encoded.Words[row].narrow(0, 0, Words[row].Count);
            results.Add(new($"{row}.word_embeddings", golden[$"{row}.word_embeddings"], words, Comparison.OneNetwork));
            results.Add(new($"{row}.sentence_embedding", golden[$"{row}.sentence_embedding"], encoded.Sentences[row], Comparison.OneNetwork));
        }
        return results;
    }

    /// <summary>Compares texts of a padded batch with their single runs.</summary>
    public static IReadOnlyList<Comparison> Rows(TorchOptions options)
    {
        using var embedder = Embedder(options);
        var together = embedder.Encode(_rows);
        return [.. _rows.SelectMany((text, row) =>
        {
            var single = embedder.Encode([text]);
            return new Comparison[]
            {
                new($"row {row}, sentence", single.Sentences[0], together.Sentences[row], Comparison.SingleRun),
                new($"row {row}, words", single.Words[0], together.Words[row].narrow(0, 0, single.WordCounts[0]), Comparison.SingleRun),
            };
        })];
    }

    /// <summary>The reference's pooler, [batch, hidden], which MedMoE does not use: it compares the first token of the last hidden state.</summary>
    private static Tensor Pool(Tensor lastHiddenState)
    {
        var hidden = lastHiddenState.shape[2];
        Tensor Parameter(string name, params long[] shape) =>
            tensor(Formula.Parameter($"text.pooler.dense.{name}", shape), shape).to(lastHiddenState.dtype, lastHiddenState.device);
        return nn.functional.linear(lastHiddenState.select(1, 0), Parameter("weight", hidden, hidden), Parameter("bias", hidden)).tanh();
    }

    private static BertEncoder Network(TorchOptions options)
    {
        var network = new BertEncoder(BertConfig.Read(Golden.PathOf(Folder, "config.json")));
        Formula.Fill(network, name => "text." + name);
        options.Place(network);
        return network;
    }
}
