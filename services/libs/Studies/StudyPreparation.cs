using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Imaging;
using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Studies;

/// <summary>From a study to what the networks take. Thread-safe.</summary>
/// <param name="manifest">The bundle's: image size and normalisation, tokens at most.</param>
/// <param name="tokenizer">The bundle's.</param>
public sealed class StudyPreparation(BundleManifest manifest, BertTokenizer tokenizer)
{
    private readonly ImageDecoder _decoder = new();
    private readonly ImagePreprocessor _preprocessor = new(manifest.Image, new ImageDecoder());

    /// <exception cref="BadRecordException">Its image does not decode, its report has no word, or a box is not in its image.</exception>
    public PreparedStudy Prepare(Study study)
    {
        var tokens = BadRecordException.Guard("report", () => tokenizer.Encode(study.Report, manifest.Text.MaxTokens));
        if (tokens.Words.Count == 0)
        {
            throw new BadRecordException("report without words");
        }
        var image = BadRecordException.Guard("image", () => _decoder.Decode(study.Image));
        if (study.Findings.FirstOrDefault(f => !IsWithin(f.Box, image)) is { } outside)
        {
            throw new BadRecordException($"finding \"{outside.Name}\": box is not within the image of {image.Width}×{image.Height}");
        }
        var prepared = BadRecordException.Guard("image", () => _preprocessor.Prepare(image));
        return new PreparedStudy(study, prepared.Pixels, tokens, image.Width, image.Height, prepared.Note);
    }

    private static bool IsWithin(Box box, DecodedImage image) =>
        (long)box.Left + box.Width <= image.Width && (long)box.Top + box.Height <= image.Height;
}
