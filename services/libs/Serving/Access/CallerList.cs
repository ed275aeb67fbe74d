using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Serving.Access;

/// <summary>A list of callers that cannot be used. The message has no digest of a key.</summary>
public sealed class CallerListException(string path, string reason) : InvalidInputException($"{path}: {reason}");

/// <summary>The callers of a file, by their keys and certificates.</summary>
public sealed partial class CallerList
{
    private readonly FrozenDictionary<string, KnownCaller> _byKey;
    private readonly FrozenDictionary<string, KnownCaller> _bySubject;

    private CallerList(IReadOnlyDictionary<string, KnownCaller> byKey, IReadOnlyDictionary<string, KnownCaller> bySubject) =>
        (_byKey, _bySubject) = (byKey.ToFrozenDictionary(), bySubject.ToFrozenDictionary());

    /// <summary>
    /// The caller with this key, or null. Looked up by the key's digest: what the time of the lookup tells is about the digest, which says nothing of
    /// the key.
    /// </summary>
    public KnownCaller? WithKey(string key) => _byKey.GetValueOrDefault(DigestOf(key));

    /// <summary>The caller with this certificate, which the handshake has verified, or null.</summary>
    public KnownCaller? WithCertificate(X509Certificate2 certificate) =>
        _bySubject.GetValueOrDefault(certificate.SubjectName.Name) is { } caller ? caller with { Until = certificate.NotAfter } : null;

    /// <summary>Whether a caller that was let in still has its key or certificate, and all its rights.</summary>
    public bool Admits(KnownCaller caller) => caller.Proof is not { } proof
        || ((_byKey.GetValueOrDefault(proof) ?? _bySubject.GetValueOrDefault(proof)) is { } now && now.Name == caller.Name
            && now.Rights.HasFlag(caller.Rights));

    /// <summary>SHA-256 of a key, as the list has it.</summary>
    public static string DigestOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    /// <exception cref="CallerListException">The file cannot be read, or an entry is wrong.</exception>
    public static CallerList Read(string path) => Of(path, CallerFile.Read(path));

    /// <summary>A list of entries; the path is for messages.</summary>
    /// <exception cref="CallerListException">An entry is wrong.</exception>
    internal static CallerList Of(string path, IReadOnlyList<CallerEntry?> entries)
    {
        var (byKey, bySubject, names) = (new Dictionary<string, KnownCaller>(), new Dictionary<string, KnownCaller>(), new HashSet<string>());
        foreach (var entry in entries)
        {
            if (entry is null)
            {
                throw new CallerListException(path, "a caller is null");
            }
            CallerListException Fault(string reason) => new(path, $"caller \"{entry.Name}\": {reason}");
            if (!Name().IsMatch(entry.Name))
            {
                throw new CallerListException(path, "a name has other characters than A-Z, a-z, 0-9, '.', '_', '-' and '@', or more than 64");
            }
            if (!names.Add(entry.Name))
            {
                throw Fault("it is there twice");
            }
            var subject = entry.Certificate is null ? null
                : Subject(entry.Certificate) ?? throw Fault("certificate is not a subject such as CN=ris, O=Hospital");
            var caller = entry.ToCaller(entry.Sha256 ?? subject, Fault);
            switch (entry)
            {
                case { Sha256: { } digest, Certificate: null }:
                    if (!Digest().IsMatch(digest))
                    {
                        throw Fault("sha256 is not 64 lower-case hexadecimal digits");
                    }
                    if (!byKey.TryAdd(digest, caller))
                    {
                        throw Fault("another caller has the same key");
                    }
                    break;
                case { Sha256: null, Certificate: not null }:
                    if (!bySubject.TryAdd(subject!, caller))
                    {
                        throw Fault("another caller has the same certificate");
                    }
                    break;
                default:
                    throw Fault("one of sha256 and certificate is required");
            }
        }
        return new CallerList(byKey, bySubject);
    }

    private static string? Subject(string text)
    {
        try
        {
            return new X500DistinguishedName(text).Name;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9._@-]{1,64}$")]
    private static partial Regex Name();

    [GeneratedRegex("^[0-9a-f]{64}$")]
    private static partial Regex Digest();
}
