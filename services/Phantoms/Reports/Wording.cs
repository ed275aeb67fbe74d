namespace MedMoE.Mesh.Phantoms.Reports;

/// <summary>A clause without full stop that may be added to a report, except next to findings of these kinds.</summary>
internal sealed record Remark(string Text, params string[] Unless);

/// <summary>
/// The wording of one type's reports. In templates, {size}, {name}, {side} and {zone} are the finding's, {a} is an article, {rest} a remark, and
/// square brackets enclose the phrase that names the finding.
/// </summary>
internal sealed record Wording
{
    /// <summary>Names of each kind of finding, or of "kind/variant" of the picture.</summary>
    public required IReadOnlyDictionary<string, string[]> Names { get; init; }

    public required IReadOnlyDictionary<string, string[]> Zones { get; init; }

    /// <summary>Words for small, moderate and large, for kinds that need their own.</summary>
    public IReadOnlyDictionary<string, string[][]> Sizes { get; init; } = new Dictionary<string, string[][]>();

    /// <summary>For a finding with side and zone.</summary>
    public required IReadOnlyList<string> Located { get; init; }

    /// <summary>For a finding whose kind implies its zone.</summary>
    public required IReadOnlyList<string> Sided { get; init; }

    /// <summary>For a finding without a side.</summary>
    public IReadOnlyList<string> Central { get; init; } = [];

    /// <summary>Clauses for one of two findings with side and zone.</summary>
    public required IReadOnlyList<string> Brief { get; init; }

    /// <summary>Sentences for normal studies; one or two of them make a report.</summary>
    public required IReadOnlyList<string> Normal { get; init; }

    public required IReadOnlyList<Remark> Remarks { get; init; }
}
