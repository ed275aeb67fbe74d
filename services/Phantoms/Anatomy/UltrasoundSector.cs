using MedMoE.Mesh.Phantoms.Drawing;
using MedMoE.Mesh.Phantoms.Plans;

namespace MedMoE.Mesh.Phantoms.Anatomy;

/// <summary>
/// A transverse image of a curved probe: the echo strength, times speckle that is fine along the beam and gets wider across it with depth, times the
/// sound left at that depth.
/// </summary>
internal sealed class UltrasoundSector
{
    public static readonly IReadOnlyList<FindingKind> Kinds =
    [
        new("cyst", ["near", "middle", "far"]),
        new("stone", ["near", "middle", "far"]),
        new("solid mass", ["near", "middle", "far"]),
        new("haemangioma", ["near", "middle", "far"]),
        new("free fluid", ["near", "middle", "far"]),
    ];

    private const float ApexY = -118;
    private const float HalfAngle = 0.66f;
    private const float Face = 30;
    private const float Reach = 216;

    private readonly Chance _chance;
    private readonly Plane _echo;

    /// <summary>Factor of the sound left at each pixel behind lesions that attenuate or enhance it.</summary>
    private readonly Plane _sound;

    private UltrasoundSector(Chance chance, int size)
    {
        _chance = chance;
        var view = View.Posed(chance, size, turn: 0.02f, resize: 0.02f, shift: 3);
        _echo = new Plane(view);
        _sound = new Plane(view);
        Array.Fill(_sound.Values, 1);
    }

    public static Picture Draw(Chance chance, StudyPlan plan, int size) => new UltrasoundSector(chance, size).Draw(plan);

    private Picture Draw(StudyPlan plan)
    {
        Layers();
        var scanner = _chance.Fork();
        Plane[] masks =
        [
            .. plan.Lesions.Select(lesion => lesion.Kind.Name switch
            {
                "cyst" => Cyst(lesion),
                "stone" => Stone(lesion),
                "solid mass" => SolidMass(lesion),
                "haemangioma" => Haemangioma(lesion),
                _ => FreeFluid(lesion),
            }),
        ];
        return new Picture(Scan(scanner), masks);
    }

    private static (float Angle, float Depth) Polar(float x, float y)
    {
        var down = y - ApexY;
        return (MathF.Atan2(x, down), MathF.Sqrt((x * x) + (down * down)) - Face);
    }

    /// <summary>Layers from skin to diaphragm, with the organ's vessels.</summary>
    private void Layers()
    {
        var texture = new Texture(_chance, 14);
        var wave = new Texture(_chance, 40);
        var (fat, fascia) = (_chance.Between(5, 8), _chance.Between(17, 24));
        var diaphragm = _chance.Between(164, 174);
        _echo.VisitAll((pixel, x, y, _) =>
        {
            var depth = Polar(x, y).Depth + (3 * wave.At(x, y));
            var organ = 0.42f + (0.05f * texture.At(x, y));
            _echo.Values[pixel] =
                depth < fat ? 0.95f
                : depth < fascia ? 0.24f + (0.22f * MathF.Max(0, MathF.Sin(depth * 1.1f)))
                : depth < fascia + 3 ? 1.05f
                : depth < diaphragm ? organ
                : depth < diaphragm + 4 ? 1.3f
                : 0.5f * organ;
        });
        for (var i = 0; i < 4; i++)
        {
            var (x, y) = (_chance.Between(-60, 60), _chance.Between(-20, 50));
            var (length, slope) = (_chance.Between(9, 18), _chance.Between(-0.7f, 0.7f));
            var vessel = Shape.Stroke(_chance.Between(2.5f, 4), (x - length, y - (slope * length)), (x, y + 2), (x + length, y + (slope * length)));
            _echo.Paint(vessel.Grown(1.2f), 1.5f, 0.6f);
            _echo.Paint(vessel, 1.5f, 0.15f);
        }
    }

    private (float X, float Y) Place(Lesion lesion)
    {
        var (y, least, most) = lesion.Zone switch
        {
            "near" => (_chance.Between(-40, -36), 22, 26),
            "middle" => (_chance.Between(0, 6), 34, 44),
            _ => (_chance.Between(42, 48), 40, 52),
        };
        return (lesion.Towards * _chance.Between(least, most), y);
    }

    /// <summary>Changes the sound behind a lesion, between the two beams at its edges.</summary>
    private void Behind(float x, float y, float halfWidth, float factor)
    {
        var (angle, depth) = Polar(x, y);
        var half = halfWidth / (depth + Face);
        _sound.VisitAll((pixel, px, py, _) =>
        {
            var (a, d) = Polar(px, py);
            var inside = Math.Clamp((half - MathF.Abs(a - angle)) / 0.025f, 0, 1) * Math.Clamp((d - depth) / 3, 0, 1);
            _sound.Values[pixel] *= 1 + (inside * (factor - 1));
        });
    }

    private Plane Cyst(Lesion lesion)
    {
        var (x, y) = Place(lesion);
        var radius = lesion.BySize(8, 12.5f, 18);
        var shape = Shape.Ellipse(x, y, radius * 1.1f, radius);
        _echo.Paint(shape.Grown(1.5f), 1.5f, 0.85f);
        _echo.Paint(shape, 1.2f, 0);
        Behind(x, y + radius, radius * 0.9f, 2.4f);
        return Plane.Of(_echo.View, shape, 1.2f);
    }

    private Plane Stone(Lesion lesion)
    {
        var (x, y) = Place(lesion);
        var radius = lesion.BySize(9, 13, 18);
        var shape = Shape.Ellipse(x, y, radius, radius * 0.75f).Without(Shape.Ellipse(x, y + (radius * 0.9f), radius * 0.8f, radius * 0.6f));
        _echo.Paint(shape, 1.2f, 2.4f);
        Behind(x, y + (radius * 0.2f), radius * 0.95f, 0.04f);
        return Plane.Of(_echo.View, Shape.Ellipse(x, y, radius, radius * 0.8f), 1.2f);
    }

    /// <summary>Few echoes, uneven, with an uneven edge.</summary>
    private Plane SolidMass(Lesion lesion)
    {
        var (x, y) = Place(lesion);
        var radius = lesion.BySize(9, 14, 21);
        var shape = Shape.Blob(_chance, x, y, radius, radius, 0.4f, 3, 4);
        var uneven = new Texture(_chance, 4);
        _echo.Visit(shape, 2, (pixel, px, py, cover) => _echo.Values[pixel] += (0.1f + (0.08f * uneven.At(px, py)) - _echo.Values[pixel]) * cover);
        return Plane.Of(_echo.View, shape, 2);
    }

    private Plane Haemangioma(Lesion lesion)
    {
        var (x, y) = Place(lesion);
        var radius = lesion.BySize(8, 12.5f, 18);
        var shape = Shape.Blob(_chance, x, y, radius, radius, 0.12f);
        _echo.Paint(shape, 2, 1.7f);
        return Plane.Of(_echo.View, shape, 2);
    }

    /// <summary>A black wedge that fills the space between two layers and ends in a point.</summary>
    private Plane FreeFluid(Lesion lesion)
    {
        var (x, y) = Place(lesion);
        var (angle, depth) = Polar(x, y);
        var (thick, half) = (lesion.BySize(9, 13, 18), lesion.BySize(20, 30, 42) / (depth + Face));
        var outer = MathF.Min(HalfAngle - 0.03f, MathF.Abs(angle) + half);
        var inner = MathF.Max(0.03f, MathF.Abs(angle) - half);
        var shape = new Shape(new Extent(-112, -112, 112, 112), (px, py) =>
        {
            var (a, d) = Polar(px, py);
            var along = ((lesion.Towards * a) - inner) / (outer - inner);
            var end = (1 - along) * (outer - inner) * (depth + Face);
            return MathF.Min(end, (thick * along) - MathF.Abs(d - depth));
        });
        _echo.Paint(shape.Grown(1.6f), 1.2f, 0.9f);
        _echo.Paint(shape, 1.2f, 0);
        return Plane.Of(_echo.View, shape, 1.2f);
    }

    private Plane Scan(Chance chance)
    {
        var speckle = new Speckle(chance);
        var gain = chance.Between(0.85f, 1.15f);
        var loss = chance.Between(0.003f, 0.006f);
        var focus = chance.Between(50, 120);
        var picture = new Plane(_echo.View);
        picture.VisitAll((pixel, x, y, _) =>
        {
            var (angle, depth) = Polar(x, y);
            if (MathF.Abs(angle) > HalfAngle || depth < 0 || depth + Face > Reach)
            {
                return;
            }
            var strength = ((_echo.Values[pixel] * _sound.Values[pixel]) + 0.012f) * speckle.At(angle / HalfAngle, depth / (Reach - Face));
            strength *= gain * (1 + (0.25f * MathF.Exp(-(depth - focus) * (depth - focus) / 900))) * MathF.Exp(-loss * depth);
            // Log compression, as in scanners.
            picture.Values[pixel] = 255 * Math.Clamp(0.65f + (0.21f * MathF.Log(strength + 0.045f)), 0, 1);
        });
        // The probe marker, on the patient's right.
        picture.Paint(Shape.Circle(-44, -98, 3), 1, 200);
        return picture;
    }
}
