using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace MedMoE.Mesh.Router.Entries;

/// <summary>
/// Cache keys: SHA-256 of everything the entry depends on, content and weights. Each field is prefixed by its length, so that different lists of
/// fields never give the same bytes.
/// </summary>
internal static class EntryKey
{
    public static string Of(params ReadOnlySpan<string> fields)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var field in fields)
        {
            Append(hash, Encoding.UTF8.GetBytes(field));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static string Of(string kind, ReadOnlySpan<byte> content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, Encoding.UTF8.GetBytes(kind));
        Append(hash, content);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The key of a model: its weights and its precisions.</summary>
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
