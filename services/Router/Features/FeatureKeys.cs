using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Router.Features;

/// <summary>
/// Keys of the cache: SHA-256 of what the answer depends on, content and weights. Every field stands behind its length, so that no two lists of
/// fields look alike.
/// </summary>
internal static class FeatureKeys
{
    /// <summary>Of the weights that a service runs, and what it computes in.</summary>
    public static string Model(ModelInfo model) => Hash(
        [.. model.Digests.Concat(model.Precisions).OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}={e.Value}")]);

    /// <summary>Of an image's content.</summary>
    public static string Image(Image image) => image.SourceCase == V1.Image.SourceOneofCase.Encoded
        ? Hash("encoded"u8, image.Encoded.Span)
        : Hash(Encoding.UTF8.GetBytes($"pixels {image.Pixels.DataType} {string.Join(',', image.Pixels.Shape)}"), image.Pixels.Data.Span);

    public static string Text(string text, ModelInfo model) => Hash(text, Model(model));

    public static string Pyramid(string image, DataType type, ModelInfo backbone) => Hash(image, type.ToString(), Model(backbone));

    /// <param name="pyramid">The pyramid's key.</param>
    /// <param name="expert">The expert's model.</param>
    /// <param name="texts">The keys of the texts, in order.</param>
    /// <param name="shape">What is to be returned.</param>
    public static string Answer(string pyramid, ModelInfo expert, IEnumerable<string> texts, AnswerShape shape) =>
        Hash([pyramid, Model(expert), shape.ToString(), .. texts]);

    /// <summary>Of texts in their order, such as a set of prompts.</summary>
    public static string Hash(params ReadOnlySpan<string> fields)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var field in fields)
        {
            Append(hash, Encoding.UTF8.GetBytes(field));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string Hash(ReadOnlySpan<byte> kind, ReadOnlySpan<byte> content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, kind);
        Append(hash, content);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, ReadOnlySpan<byte> field)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, field.Length);
        hash.AppendData(length);
        hash.AppendData(field);
    }
}
