using MedMoE.Mesh.Phantoms.Drawing;
using MedMoE.Mesh.Phantoms.Plans;

namespace MedMoE.Mesh.Phantoms.Anatomy;

/// <summary>An axial slice of the upper abdomen with contrast medium, seen from the feet in a soft tissue window.</summary>
internal sealed class AbdominalCt
{
    public static readonly IReadOnlyList<FindingKind> Kinds =
    [
        new("cyst", ["anterior", "posterior"]),
        new("mass", ["anterior", "posterior"]),
        new("calcification", ["anterior", "posterior"]),
        new("abscess", ["anterior", "posterior"]),
        new("free gas", ["anterior"]),
    ];

    private readonly Chance _chance;
    private readonly Plane _slice;
    private readonly Shape _body;
    private readonly Shape _cavity;
    private readonly Plane _inside;

    private AbdominalCt(Chance chance, int size)
    {
        _chance = chance;
        var view = View.Posed(chance, size, turn: 0.06f, resize: 0.04f, shift: 4);
        _slice = new Plane(view);
        var (width, height) = (chance.Between(98, 105), chance.Between(72, 80));
        _body = Shape.Blob(chance, 0, 0, width, height, 0.03f);
        var fat = chance.Between(7, 14);
        _cavity = Shape.Ellipse(0, 0, width - fat - 10, height - fat - 8);
        _inside = Plane.Of(view, _cavity, 2);
        Wall(width - fat, height - fat);
    }

    public static Picture Draw(Chance chance, StudyPlan plan, int size) => new AbdominalCt(chance, size).Draw(plan);

    private Picture Draw(StudyPlan plan)
    {
        Organs();
        Spine();
        var scanner = _chance.Fork();
        Plane[] masks =
        [
            .. plan.Lesions.Select(lesion => lesion.Kind.Name switch
            {
                "cyst" => Cyst(lesion),
                "mass" => Mass(lesion),
                "calcification" => Calcification(lesion),
                "abscess" => Abscess(lesion),
                _ => FreeGas(lesion),
            }),
        ];
        Noise(scanner);
        return new Picture(_slice, masks);
    }

    private void Wall(float width, float height)
    {
        _slice.Paint(_body, 1.5f, 120);
        _slice.Paint(_body.Grown(-2), 1.5f, 62);
        _slice.Paint(Shape.Ellipse(0, 0, width, height), 2, 128);
        _slice.Paint(_cavity, 2, 72);
        for (var i = 0; i < 12; i++)
        {
            var angle = (i - 0.5f) * MathF.Tau / 12 + _chance.Between(-0.08f, 0.08f);
            var (sin, cos) = MathF.SinCos(angle);
            if (sin > 0.85f)
            {
                continue;
            }
            var (x, y) = (cos * (width - 5.5f), sin * (height - 5));
            var rib = Shape.Ellipse(x, y, 7, 3.2f, angle + (MathF.PI / 2));
            _slice.Paint(rib, 1.5f, 225);
            _slice.Paint(rib.Grown(-2), 1.5f, 165);
        }
    }

    private void Organs()
    {
        var texture = new Texture(_chance, 4);
        void Organ(Shape shape, float level)
        {
            var shade = level + _chance.Between(-7, 7);
            _slice.Visit(shape, 1.8f, (pixel, x, y, cover) =>
                _slice.Values[pixel] += (shade + (5 * texture.At(x, y)) - _slice.Values[pixel]) * cover * _inside.Values[pixel]);
        }
        var tall = _chance.Between(0.94f, 1.06f);
        var liver = Shape.Outline(
            (-44, -4),
            (6, -42),
            (14, -34),
            (2, -20),
            (-14, -4),
            (-22, 14),
            (-36, 30),
            (-58, 42 * tall),
            (-78, 30),
            (-86, 0),
            (-76, -30),
            (-50, -46),
            (-20, -52));
        Organ(liver, 142);
        var spleen = Shape.Outline((62, 22), (58, -4), (76, -6), (84, 14), (76, 36), (58, 46), (46, 36), (44, 20), (50, 8));
        Organ(spleen, 150);
        var stomach = Shape.Outline((44, -26), (20, -46), (44, -56), (68, -44), (78, -22), (66, -8), (44, -6), (26, -14), (18, -30));
        Organ(stomach, 118);
        _slice.Paint(stomach.Without(stomach.Grown(-3)), 1.5f, 146);
        foreach (var side in new[] { -1, 1 })
        {
            var (x, y) = (side * _chance.Between(32, 36), _chance.Between(32, 36));
            Organ(Shape.Ellipse(x, y, 14, 10, side * 0.9f), 184);
            Organ(Shape.Ellipse(x - (side * 6), y - 2, 6, 4, side * 0.6f), 96);
        }
        // Vessels of the liver.
        for (var i = 0; i < 5; i++)
        {
            var (x, y) = (_chance.Between(-58, -26), _chance.Between(-28, 14));
            Organ(Shape.Stroke(_chance.Between(1.8f, 3), (x, y), (x + _chance.Between(-12, 12), y + _chance.Between(-12, 12))), 166);
        }
        Organ(Shape.Outline((6, -8), (-12, -6), (4, -14), (24, -10), (42, 2), (38, 8), (18, 0), (-6, 4)), 132);
        Organ(Shape.Circle(-13, 14, 8), 160);
        Organ(Shape.Circle(8, 15, 7.5f), 196);
        for (var i = 0; i < 3; i++)
        {
            Organ(Shape.Blob(_chance, _chance.Between(-6, 26), _chance.Between(-34, -22), 8, 7, 0.2f), 124);
        }
    }

    private void Spine()
    {
        var y = _chance.Between(35, 39);
        _slice.Paint(Shape.Ellipse(-22, y + 14, 15, 10), 3, 132);
        _slice.Paint(Shape.Ellipse(22, y + 14, 15, 10), 3, 132);
        _slice.Paint(Shape.Stroke(6, (-26, y + 14), (0, y + 10), (26, y + 14)), 1.5f, 215);
        _slice.Paint(Shape.Stroke(5, (0, y + 16), (0, y + 28)), 1.5f, 222);
        _slice.Paint(Shape.Ellipse(0, y, 17, 13), 1.5f, 236);
        _slice.Paint(Shape.Ellipse(0, y, 14, 10.5f), 2, 192);
        _slice.Paint(Shape.Ellipse(0, y + 15, 8, 5.5f), 1.5f, 222);
        _slice.Paint(Shape.Ellipse(0, y + 15, 6, 4), 1.5f, 108);
    }

    private (float X, float Y) Place(Lesion lesion) => (
        lesion.Towards * _chance.Between(50, 56),
        lesion.Zone == "anterior" ? _chance.Between(-30, -24) : _chance.Between(14, 22));

    private Plane Cyst(Lesion lesion)
    {
        var (x, y) = Place(lesion);
        var radius = lesion.BySize(8, 12.5f, 18.5f);
        var shape = Shape.Ellipse(x, y, radius * _chance.Between(1, 1.1f), radius);
        _slice.Paint(shape, 1.2f, 40);
        return Plane.Of(_slice.View, shape, 1.2f);
    }

    /// <summary>Enhanced by contrast medium, unevenly.</summary>
    private Plane Mass(Lesion lesion)
    {
        var (x, y) = Place(lesion);
        var radius = lesion.BySize(8, 13, 20);
        var shape = Shape.Blob(_chance, x, y, radius, radius, 0.35f, 3, 3);
        var uneven = new Texture(_chance, 5);
        _slice.Visit(shape, 3, (pixel, px, py, cover) => _slice.Values[pixel] += (206 + (26 * uneven.At(px, py)) - _slice.Values[pixel]) * cover);
        return Plane.Of(_slice.View, shape, 3);
    }

    /// <summary>White grains with black between them.</summary>
    private Plane Calcification(Lesion lesion)
    {
        var (x, y) = Place(lesion);
        var radius = lesion.BySize(8, 12, 18);
        var shape = Shape.Blob(_chance, x, y, radius, radius, 0.15f);
        _slice.Paint(shape, 4, 96, 0.7f);
        var grains = (int)lesion.BySize(7, 12, 20);
        for (var i = 0; i < grains; i++)
        {
            // The golden angle spreads the grains evenly.
            var (sin, cos) = MathF.SinCos(i * 2.399963f);
            var reach = radius * 0.9f * MathF.Sqrt((i + 0.5f) / grains);
            _slice.Paint(Shape.Blob(_chance, x + (cos * reach), y + (sin * reach), 2.4f, 2, 0.4f), 1, 255);
        }
        foreach (var angle in new[] { 0.2f, -0.25f })
        {
            var (sin, cos) = MathF.SinCos(angle);
            var (streakX, streakY) = (cos * radius * 2.4f, sin * radius * 2.4f);
            _slice.Add(Shape.Stroke(1.5f, (x - streakX, y - streakY), (x + streakX, y + streakY)), 2, 18);
        }
        return Plane.Of(_slice.View, shape, 2);
    }

    /// <summary>A thick bright rim, pus, and a bubble of gas above its level.</summary>
    private Plane Abscess(Lesion lesion)
    {
        var (x, y) = Place(lesion);
        var radius = lesion.BySize(9, 14, 20);
        var shape = Shape.Blob(_chance, x, y, radius, radius, 0.18f);
        var rim = lesion.BySize(3, 4, 5);
        _slice.Paint(shape, 1.5f, 222);
        _slice.Paint(shape.Grown(-rim), 1.5f, 84);
        _slice.Paint(shape.Grown(-rim - 0.5f).And((_, py) => y - (radius * 0.1f) - py), 1, 0);
        return Plane.Of(_slice.View, shape, 1.5f);
    }

    /// <summary>A black crescent under the front wall.</summary>
    private Plane FreeGas(Lesion lesion)
    {
        var thick = lesion.BySize(14, 19, 25);
        var width = lesion.BySize(18, 27, 36);
        var middle = lesion.Towards * (width + 5);
        var moved = _cavity.Depth;
        var gas = _cavity
            .And((x, y) => thick * (1 - (MathF.Abs(x - middle) / width * MathF.Abs(x - middle) / width)) - moved(x, y))
            .And((x, y) => MathF.Min(-4 - y, width - MathF.Abs(x - middle)));
        _slice.Paint(gas, 1.5f, 0);
        return Plane.Of(_slice.View, gas, 1.5f);
    }

    private void Noise(Chance chance)
    {
        var level = chance.Between(-10, 8);
        var contrast = chance.Between(0.92f, 1.08f);
        var noise = chance.Between(3, 6.5f);
        var streaks = new float[_slice.View.Size];
        for (var row = 0; row < streaks.Length; row++)
        {
            streaks[row] = 1.6f * chance.Normal();
        }
        var body = Plane.Of(_slice.View, _body, 1);
        var size = _slice.View.Size;
        for (var i = 0; i < _slice.Values.Length; i++)
        {
            var inside = body.Values[i];
            var disturbed = (noise * chance.Normal()) + streaks[i / size];
            var windowed = ((_slice.Values[i] - 128) * contrast) + 128 + level + disturbed;
            _slice.Values[i] = (inside * windowed) + ((1 - inside) * 2 * MathF.Abs(chance.Normal()));
        }
    }
}
