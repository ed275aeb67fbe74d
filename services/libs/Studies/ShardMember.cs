namespace MedMoE.Mesh.Studies;

/// <summary>A file in a shard.</summary>
/// <param name="Key">Its path up to the first dot of its name: the record it belongs to.</param>
/// <param name="Kind">What follows that dot, in lower case.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Fault">Why the shard does not have its content, such as "is a symbolic link"; null where it has.</param>
/// <param name="Tar">Which of the tars that were joined to this shard it lies in, from 0.</param>
internal sealed record ShardMember(string Key, string Kind, long Length, string? Fault, int Tar)
{
    private static readonly string[] _imageKinds = ["png", "jpg", "jpeg"];
    private static readonly string[] _labelKinds = ["cls", "json"];

    /// <summary>Kinds of a study's image.</summary>
    public static IReadOnlyList<string> ImageKinds => _imageKinds;

    public bool IsImage => Is(_imageKinds);

    public bool IsReport => Is(["txt"]);

    /// <summary>Whether it is of a kind that records are made of; others are the data set's own.</summary>
    public bool IsKnown => IsImage || IsReport || Is(_labelKinds);

    /// <summary>Whether its kind has a name in front, as masks have: <c>mask.png</c>.</summary>
    public bool HasDots => Kind.Contains('.', StringComparison.Ordinal);

    /// <summary>What stands in front of a kind's last dot.</summary>
    public string Stem => HasDots ? Kind[..Kind.LastIndexOf('.')] : "";

    private bool Is(string[] kinds) => Array.Exists(kinds, kind => Kind == kind || Kind.EndsWith('.' + kind, StringComparison.Ordinal));
}
