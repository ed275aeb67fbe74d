namespace MedMoE.Mesh.Phantoms.Reports;

/// <summary>What may be said besides the findings.</summary>
/// <param name="Text">A clause without its full stop.</param>
/// <param name="Unless">Kinds of finding that it would be untrue of.</param>
internal sealed record Remark(string Text, params string[] Unless);

/// <summary>
/// How the reports of one type speak. In templates, {size}, {name}, {side} and {zone} are the finding's, {a} is an article, {rest} a remark, and
/// square brackets hold the phrase that names the finding. Sometimes the size is left out.
/// </summary>
internal sealed record Wording
{
    /// <summary>For each kind of finding, or for "kind/variant" of the picture, its names.</summary>
    public required IReadOnlyDictionary<string, string[]> Names { get; init; }

    /// <summary>For each zone, its names.</summary>
    public required IReadOnlyDictionary<string, string[]> Zones { get; init; }

    /// <summary>Small, moderate, large, where a kind has words of its own for them.</summary>
    public IReadOnlyDictionary<string, string[][]> Sizes { get; init; } = new Dictionary<string, string[][]>();

    /// <summary>For a finding with side and zone.</summary>
    public required IReadOnlyList<string> Located { get; init; }

    /// <summary>For a finding whose kind says its zone.</summary>
    public required IReadOnlyList<string> Sided { get; init; }

    /// <summary>For a finding that lies in the middle.</summary>
    public IReadOnlyList<string> Central { get; init; } = [];

    /// <summary>Parts of a sentence for one of two findings with side and zone.</summary>
    public required IReadOnlyList<string> Brief { get; init; }

    /// <summary>Sentences without a finding; any one or two make a report.</summary>
    public required IReadOnlyList<string> Normal { get; init; }

    public required IReadOnlyList<Remark> Remarks { get; init; }
}
