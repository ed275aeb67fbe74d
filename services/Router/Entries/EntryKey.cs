using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Router.Entries;

/// <summary>
/// Keys of the cache: SHA-256 of what the entry depends on, content and weights. Every field stands behind its length, so that no two lists of
/// fields look alike.
/// </summary>
internal static class EntryKey
{
    /// <summary>Of fields in their order.</summary>
    public static string Of(params ReadOnlySpan<string> fields)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var field in fields)
        {
            Append(hash, Encoding.UTF8.GetBytes(field));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Of bytes, and what they are.</summary>
    public static string Of(string kind, ReadOnlySpan<byte> content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, Encoding.UTF8.GetBytes(kind));
        Append(hash, content);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Of the weights that a service runs, and what it computes in.</summary>
    public static string Of(ModelInfo model) => Of(
        [.. model.Digests.Concat(model.Precisions).OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}={e.Value}")]);

    private static void Append(IncrementalHash hash, ReadOnlySpan<byte> field)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, field.Length);
        hash.AppendData(length);
        hash.AppendData(field);
    }
}
