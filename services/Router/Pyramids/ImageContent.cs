using MedMoE.Mesh.Router.Entries;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Router.Pyramids;

/// <summary>An image of a request.</summary>
internal sealed record ImageContent(Image Image, string Hash)
{
    /// <exception cref="InvalidFieldException">The image is missing or empty.</exception>
    public static ImageContent Of(Image? image) => image switch
    {
        null or { SourceCase: Image.SourceOneofCase.None } => throw new InvalidFieldException("image", "is missing"),
        { SourceCase: Image.SourceOneofCase.Encoded, Encoded.Length: 0 } => throw new InvalidFieldException("image.encoded", "is empty"),
        _ => new ImageContent(image, HashOf(image)),
    };

    internal static string HashOf(Image image) => image.SourceCase == Image.SourceOneofCase.Encoded
        ? EntryKey.Of("encoded", image.Encoded.Span)
        : EntryKey.Of($"pixels {image.Pixels.DataType} {string.Join(',', image.Pixels.Shape)}", image.Pixels.Data.Span);
}
