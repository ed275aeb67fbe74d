namespace MedMoE.Mesh.Studies;

/// <summary>A file in a shard.</summary>
/// <param name="Key">The path up to the first dot of the file name: the record's key.</param>
/// <param name="Kind">The rest after that dot, in lower case.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Fault">Why the content is not in the shard, such as "is a symbolic link"; else null.</param>
/// <param name="Tar">Index of the tar in a shard of concatenated tars, from 0.</param>
internal sealed record ShardMember(string Key, string Kind, long Length, string? Fault, int Tar)
{
    private static readonly string[] _imageKinds = ["png", "jpg", "jpeg"];
    private static readonly string[] _labelKinds = ["cls", "json"];

    public static IReadOnlyList<string> ImageKinds => _imageKinds;

    public bool IsImage => Is(_imageKinds);

    public bool IsReport => Is(["txt"]);

    /// <summary>Whether records use this kind; other members are ignored.</summary>
    public bool IsKnown => IsImage || IsReport || Is(_labelKinds);

    /// <summary>Whether a name precedes the kind, as for masks: <c>mask.png</c>.</summary>
    public bool HasDots => Kind.Contains('.', StringComparison.Ordinal);

    /// <summary>The part before the kind's last dot.</summary>
    public string Stem => HasDots ? Kind[..Kind.LastIndexOf('.')] : "";

    private bool Is(string[] kinds) => Array.Exists(kinds, kind => Kind == kind || Kind.EndsWith('.' + kind, StringComparison.Ordinal));
}
