using MedMoE.Mesh.Reference.Networks;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Model.Tests.Bert;

public sealed class BertEncoderTests
{
    [Fact]
    public void Nano_StatesWordsAndSentences_EqualReference()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Assertions.Near(BertGolden.Nano(new TorchOptions()));
    }

    [Fact]
    public void Encode_Nano_FindsTheWordsAndPadsWithZeros()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var embedder = BertGolden.Embedder(new TorchOptions());

        var encoded = BertGolden.Encode(embedder);

        Assert.Equal(BertGolden.Words.Select(words => words.Count), encoded.WordCounts);
        Assert.All(encoded.WordCounts.Index(), text =>
            Assert.Equal(0, encoded.Words[text.Index].narrow(0, text.Item, encoded.Words.shape[1] - text.Item).abs().sum().item<float>()));
    }

    [Fact]
    public void Encode_Batch_RowsEqualTheirSingleRuns()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Assertions.Near(BertGolden.Rows(new TorchOptions()));
    }
}
