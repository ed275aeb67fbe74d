using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Imaging;
using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Studies;

/// <summary>Prepares studies for the networks with the bundle's settings. Thread-safe.</summary>
public sealed class StudyPreparation(BundleManifest manifest, BertTokenizer tokenizer)
{
    private readonly ImageDecoder _decoder = new();
    private readonly ImagePreprocessor _preprocessor = new(manifest.Image, new ImageDecoder());

    /// <exception cref="BadRecordException">The image cannot be decoded, the report has no word, or a box is outside the image.</exception>
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
