using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Losses;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Model.Tests;

public sealed class GloriaLossTests
{
    private static readonly SimilaritySettings _temperatures = new(4, 5, 10);

    [Fact]
    public void Global_Golden_EqualsReference()
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Open("gloria-losses");

        var loss = GloriaLoss.Global(golden["image_global"], golden["text_global"], _temperatures.LogitScale);

        Assertions.Near(golden["global_loss_image_to_text"], loss.ImageToText.view(1), Assertions.OneNetwork, "image to text");
        Assertions.Near(golden["global_loss_text_to_image"], loss.TextToImage.view(1), Assertions.OneNetwork, "text to image");
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

        Assertions.Near(golden["local_loss_image_to_text"], loss.ImageToText.view(1), Assertions.OneNetwork, "image to text");
        Assertions.Near(golden["local_loss_text_to_image"], loss.TextToImage.view(1), Assertions.OneNetwork, "text to image");
        Assertions.Near(golden["grad.local_features"], features.grad!, Assertions.OneNetwork, "gradient of local features");
        Assertions.Near(golden["grad.word_embeddings"], words.grad!, Assertions.OneNetwork, "gradient of words");
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
            Assertions.Near(expected, grounded.Attention[row].narrow(0, 0, counts[row]).view(expected.shape), Assertions.OneNetwork, $"attention.{row}");
        }
    }

    private static int[] Counts(Golden golden) => Array.ConvertAll(golden["word_count"].data<long>().ToArray(), c => (int)c);
}
