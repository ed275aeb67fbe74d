namespace MedMoE.Mesh.Phantoms.Plans;

/// <summary>A side of the patient. In radiological convention the patient's left is on the right of the picture.</summary>
internal enum Side
{
    Left,
    Right,
}

internal enum LesionSize
{
    Small,
    Moderate,
    Large,
}

/// <summary>A kind of finding. <paramref name="Variant"/> is the only variant of the picture that shows it; null for all.</summary>
internal sealed record FindingKind(string Name, IReadOnlyList<string> Zones, bool HasSide = true, string? Variant = null);

/// <summary>A finding to draw and to report. Side is null for one in the middle; the zone is one of its kind's.</summary>
internal sealed record Lesion(FindingKind Kind, Side? Side, string Zone, LesionSize Size)
{
    /// <summary>Direction of its side in the picture: 1 for the patient's left.</summary>
    public int Towards => Side == Plans.Side.Right ? -1 : 1;

    public float BySize(float small, float moderate, float large) => Size switch
    {
        LesionSize.Small => small,
        LesionSize.Moderate => moderate,
        _ => large,
    };
}

/// <summary>The content of a study: at most two lesions, and the variant of the picture, such as T2; empty if the type has only one.</summary>
internal sealed record StudyPlan(string Variant, IReadOnlyList<Lesion> Lesions)
{
    private const float Normals = 0.15f;
    private const float Pairs = 0.2f;

    public static StudyPlan Draw(Chance chance, IReadOnlyList<FindingKind> kinds, IReadOnlyList<string> variants)
    {
        var variant = chance.OneOf(variants);
        if (chance.Happens(Normals))
        {
            return new StudyPlan(variant, []);
        }
        var first = Lesion(chance, kinds, null);
        var lesions = chance.Happens(Pairs) ? [first, Lesion(chance, [.. kinds.Where(k => k != first.Kind)], first.Side)] : new[] { first };
        return new StudyPlan(lesions.Select(l => l.Kind.Variant).FirstOrDefault(v => v is not null) ?? variant, lesions);
    }

    /// <summary>Two lesions are on different sides, so that neither hides the other.</summary>
    private static Lesion Lesion(Chance chance, IReadOnlyList<FindingKind> kinds, Side? taken)
    {
        var kind = chance.OneOf(kinds);
        var side = chance.Happens(0.5f) ? Side.Left : Side.Right;
        side = taken switch
        {
            Side.Left => Side.Right,
            Side.Right => Side.Left,
            _ => side,
        };
        return new Lesion(kind, kind.HasSide ? side : null, chance.OneOf(kind.Zones), (LesionSize)chance.Below(3));
    }
}
