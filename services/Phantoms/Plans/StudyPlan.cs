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

/// <summary>A kind of finding.</summary>
/// <param name="Name">Its name in the data set.</param>
/// <param name="Zones">Where it may be.</param>
/// <param name="HasSide">Whether it lies on one side.</param>
/// <param name="Variant">The variant of the picture that it can be seen in; null for all.</param>
internal sealed record FindingKind(string Name, IReadOnlyList<string> Zones, bool HasSide = true, string? Variant = null);

/// <summary>A finding that is to be drawn and told of.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Side">Which side; null for one in the middle.</param>
/// <param name="Zone">One of its kind's zones.</param>
/// <param name="Size">How large.</param>
internal sealed record Lesion(FindingKind Kind, Side? Side, string Zone, LesionSize Size)
{
    /// <summary>The direction of its side in the picture: 1 for the patient's left.</summary>
    public int Towards => Side == Plans.Side.Right ? -1 : 1;

    /// <summary>The value that belongs to its size.</summary>
    public float BySize(float small, float moderate, float large) => Size switch
    {
        LesionSize.Small => small,
        LesionSize.Moderate => moderate,
        _ => large,
    };
}

/// <summary>What a study is to show.</summary>
/// <param name="Variant">Variant of the picture, such as T2; empty where the type has one alone.</param>
/// <param name="Lesions">None for a normal study, at most two.</param>
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

    /// <summary>Two lesions lie on two sides, so that neither hides the other.</summary>
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
