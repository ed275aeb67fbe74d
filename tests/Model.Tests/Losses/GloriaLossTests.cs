using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Losses;
using MedMoE.Mesh.Reference.Networks;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Model.Tests.Losses;

public sealed class GloriaLossTests
{
    private static readonly SimilaritySettings _temperatures = new(4, 5, 10);

    [Fact]
    public void Global_Golden_EqualsReference()
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Open("gloria-losses");

        var loss = GloriaLoss.Global(golden["image_global"], golden["text_global"], _temperatures.LogitScale);

        Assertions.Near(golden["global_loss_image_to_text"], loss.ImageToText.view(1), Comparison.OneNetwork, "image to text");
        Assertions.Near(golden["global_loss_text_to_image"], loss.TextToImage.view(1), Comparison.OneNetwork, "text to image");
    }

    [Fact]
    public void Local_Golden_EqualsReferenceWithGradients()
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Open("gloria-losses");
        var features = golden["local_features"].requires_grad_();
        var words = golden["word_embeddings"].requires_grad_();

        var loss = GloriaLoss.Local(
            LocalFeatures.From(features.flatten(2).transpose(1, 2)), words.transpose(1, 2), Counts(golden), Architecture.Reference, _temperatures);
        (loss.ImageToText + loss.TextToImage).backward();

        Assertions.Near(golden["local_loss_image_to_text"], loss.ImageToText.view(1), Comparison.OneNetwork, "image to text");
        Assertions.Near(golden["local_loss_text_to_image"], loss.TextToImage.view(1), Comparison.OneNetwork, "text to image");
        Assertions.Near(golden["grad.local_features"], features.grad!, Comparison.OneNetwork, "gradient of local features");
        Assertions.Near(golden["grad.word_embeddings"], words.grad!, Comparison.OneNetwork, "gradient of words");
    }

    /// <summary>Enough words and positions that attention is computed in several pieces.</summary>
    [Theory]
    [InlineData(Architecture.Paper)]
    [InlineData(Architecture.Reference)]
    public void Local_MoreWordsThanAtATime_EqualsTextByText(Architecture architecture)
    {
        const int Batch = 16;
        using var scope = NewDisposeScope();
        var features = LocalFeatures.From(tensor(Formula.Input("features", Batch, 3136, 8), [Batch, 3136, 8]));
        var words = tensor(Formula.Input("words", Batch, 30, 8), [Batch, 30, 8]);
        int[] counts = [.. Enumerable.Range(0, Batch).Select(text => 15 + text)];

        var loss = GloriaLoss.Local(features, words, counts, architecture, _temperatures);

        var columns = counts.Select((count, text) =>
        {
            int[] everywhere = [.. Enumerable.Repeat(count, Batch)];
            var own = words[text].narrow(0, 0, count).unsqueeze(0).expand(Batch, -1, -1);
            var grounded = WordAttention.Attend(features, own, everywhere, architecture, _temperatures.AttentionTemperature);
            return Similarity.Local(grounded.Similarities, everywhere, _temperatures.WordTemperature);
        });
        var logits = stack(columns, dim: 1) * _temperatures.LogitScale;
        var expected = nn.functional.cross_entropy(logits, arange(Batch));
        Assertions.Near(expected.view(1), loss.ImageToText.view(1), Comparison.OneNetwork, "image to text");
    }

    [Fact]
    public void Attend_GoldenPadded_EqualsReference()
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Open("gloria-losses");
        var counts = Counts(golden);
        var features = LocalFeatures.From(golden["local_features"].flatten(2).transpose(1, 2));

        var grounded = WordAttention.Attend(
            features, golden["word_embeddings"].transpose(1, 2), counts, Architecture.Reference, _temperatures.AttentionTemperature);

        for (var row = 0; row < counts.Length; row++)
        {
            var expected = golden[$"attention.{row}"];
            Assertions.Near(
                expected, grounded.Attention[row].narrow(0, 0, counts[row]).view(expected.shape), Comparison.OneNetwork, $"attention.{row}");
        }
    }

    private static int[] Counts(Golden golden) => Array.ConvertAll(golden["word_count"].data<long>().ToArray(), c => (int)c);
}
