using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Router.Features;

/// <summary>An image as it was sent, with the hash of its content.</summary>
/// <param name="Image">What was sent.</param>
/// <param name="Hash">SHA-256 of it.</param>
internal sealed record ImageContent(Image Image, string Hash)
{
    /// <exception cref="InvalidFieldException">There is no image.</exception>
    public static ImageContent Of(Image? image) => image switch
    {
        null or { SourceCase: Image.SourceOneofCase.None } => throw new InvalidFieldException("image", "is missing"),
        { SourceCase: Image.SourceOneofCase.Encoded, Encoded.Length: 0 } => throw new InvalidFieldException("image.encoded", "is empty"),
        _ => new ImageContent(image, FeatureKeys.Image(image)),
    };
}
