using MedMoE.Mesh.Phantoms.Drawing;
using MedMoE.Mesh.Phantoms.Plans;

namespace MedMoE.Mesh.Phantoms.Anatomy;

/// <summary>An axial slice of the head at the lateral ventricles, T1 or T2.</summary>
internal sealed class BrainMri
{
    public const string T1 = "T1";
    public const string T2 = "T2";

    public static readonly IReadOnlyList<string> Variants = [T1, T2];

    /// <summary>The tumour's rim is bright only with contrast medium, so it is T1 only.</summary>
    public static readonly IReadOnlyList<FindingKind> Kinds =
    [
        new("oedema", ["frontal", "parietal", "occipital"]),
        new("tumour", ["frontal", "parietal", "occipital"], Variant: T1),
        new("infarct", ["frontal", "parietal", "occipital"]),
        new("cavernoma", ["frontal", "parietal", "occipital"]),
        new("subdural haematoma", ["frontal", "parietal", "occipital"]),
    ];

    private readonly Chance _chance;
    private readonly Plane _slice;
    private readonly bool _t2;
    private readonly float _width;
    private readonly float _height;
    private readonly Shape _brain;

    private BrainMri(Chance chance, int size, bool t2)
    {
        _chance = chance;
        _t2 = t2;
        _slice = new Plane(View.Posed(chance, size, turn: 0.1f, resize: 0.05f, shift: 5));
        _width = chance.Between(64, 70);
        _height = chance.Between(80, 86);
        _brain = Shape.Ellipse(0, 0, _width, _height);
    }

    private float White => _t2 ? 92 : 168;

    private float Gray => _t2 ? 142 : 116;

    private float Fluid => _t2 ? 232 : 30;

    public static Picture Draw(Chance chance, StudyPlan plan, int size) => new BrainMri(chance, size, plan.Variant == T2).Draw(plan);

    private Picture Draw(StudyPlan plan)
    {
        Head();
        Brain();
        var receiver = _chance.Fork();
        Plane[] masks =
        [
            .. plan.Lesions.Select(lesion => lesion.Kind.Name switch
            {
                "oedema" => Oedema(lesion),
                "tumour" => Tumour(lesion),
                "infarct" => Infarct(lesion),
                "cavernoma" => Cavernoma(lesion),
                _ => Subdural(lesion),
            }),
        ];
        Receive(receiver);
        return new Picture(_slice, masks);
    }

    private void Head()
    {
        var scalp = _chance.Between(5, 8);
        _slice.Paint(Shape.Ellipse(0, 0, _width + 8 + scalp, _height + 8 + scalp), 1.5f, _t2 ? 165 : 222);
        _slice.Paint(Shape.Ellipse(0, 0, _width + 8, _height + 8), 1.5f, 12);
        _slice.Paint(Shape.Ellipse(0, 0, _width + 5.5f, _height + 5.5f), 1, _t2 ? 70 : 96);
        _slice.Paint(Shape.Ellipse(0, 0, _width + 3.5f, _height + 3.5f), 1, 12);
        _slice.Paint(Shape.Ellipse(0, 0, _width + 1.5f, _height + 1.5f), 1.2f, Fluid);
    }

    private void Brain()
    {
        _slice.Paint(_brain, 1.5f, Gray);
        // White matter ends in the folds of the cortex.
        _slice.Paint(Shape.Blob(_chance, 0, 0, _width - 11, _height - 11, 0.22f, 13, 14), 2.5f, White);
        for (var i = 0; i < 34; i++)
        {
            var (sin, cos) = MathF.SinCos((i + _chance.Between(-0.3f, 0.3f)) * MathF.Tau / 34);
            var (depth, bend) = (_chance.Between(5, 15), _chance.Between(-4, 4));
            var end = ((cos * (_width - depth)) + (bend * sin), (sin * (_height - depth)) - (bend * cos));
            _slice.Paint(Shape.Stroke(1.4f, (cos * _width, sin * _height), end), 1.6f, Fluid, 0.75f);
        }
        foreach (var pole in new[] { -1, 1 })
        {
            _slice.Paint(Shape.Stroke(7, (0, pole * _height), (0, pole * 40)), 3, Gray);
            _slice.Paint(Shape.Stroke(1.8f, (0, pole * _height), (0, pole * 38)), 1.4f, Fluid, 0.85f);
        }
        var wide = _chance.Between(4.5f, 8);
        foreach (var side in new[] { -1, 1 })
        {
            _slice.Paint(Shape.Ellipse(side * 12, 10, 7, 11, side * -0.3f), 2.5f, Gray);
            _slice.Paint(Shape.Ellipse(side * 25, -4, 5, 14, side * -0.25f), 2.5f, Gray);
            _slice.Paint(Shape.Ellipse(side * 13, -18, 4.5f, 8, side * -0.4f), 2.5f, Gray);
            _slice.Paint(Shape.Stroke(wide, (side * 11, -27), (side * 6, -14), (side * 5, -2)), 1.6f, Fluid);
            _slice.Paint(Shape.Stroke(wide, (side * 5, -2), (side * 12, 18), (side * 21, 31)), 1.6f, Fluid);
        }
    }

    private (float X, float Y) Place(Lesion lesion) => lesion.Zone switch
    {
        "frontal" => (lesion.Towards * _chance.Between(25, 29), _chance.Between(-46, -40)),
        "parietal" => (lesion.Towards * _chance.Between(36, 40), _chance.Between(-4, 4)),
        _ => (lesion.Towards * _chance.Between(26, 30), _chance.Between(42, 47)),
    };

    /// <summary>No sharp edge; extends in fingers along the white matter.</summary>
    private Plane Oedema(Lesion lesion)
    {
        var (x, y) = Place(lesion);
        var radius = lesion.BySize(11, 17, 25);
        var shape = Shape.Blob(_chance, x, y, radius, radius, 0.6f, 5, 3).And(_brain.Grown(-3));
        _slice.Paint(shape, 7, _t2 ? 222 : 66, 0.85f);
        return Plane.Of(_slice.View, shape, 7);
    }

    private Plane Tumour(Lesion lesion)
    {
        var (x, y) = Place(lesion);
        var radius = lesion.BySize(9, 14, 21);
        var shape = Shape.Blob(_chance, x, y, radius, radius, 0.2f);
        _slice.Paint(shape.Grown(4), 6, 92, 0.7f);
        _slice.Paint(shape, 1.5f, 250);
        _slice.Paint(shape.Grown(-lesion.BySize(4, 5, 6.5f)), 2, 34);
        return Plane.Of(_slice.View, shape, 1.5f);
    }

    /// <summary>A wedge with its base on the cortex and sharp sides: the territory of one artery.</summary>
    private Plane Infarct(Lesion lesion)
    {
        var (placeX, placeY) = Place(lesion);
        var angle = MathF.Atan2(placeY, placeX);
        var (sin, cos) = MathF.SinCos(angle);
        var rim = 1 / MathF.Sqrt((cos * cos / (_width * _width)) + (sin * sin / (_height * _height)));
        var (length, half) = (lesion.BySize(25, 34, 45), lesion.BySize(0.5f, 0.54f, 0.58f));
        var (tipX, tipY) = (cos * (rim - length), sin * (rim - length));
        var (edgeSin, edgeCos) = MathF.SinCos(half);
        var wedge = _brain.And((x, y) =>
        {
            var (dx, dy) = (x - tipX, y - tipY);
            var along = (dx * cos) + (dy * sin);
            var across = MathF.Abs((dy * cos) - (dx * sin));
            return (along * edgeSin) - (across * edgeCos);
        });
        var reach = length * 1.3f;
        var box = new Extent(tipX - reach, tipY - reach, tipX + reach, tipY + reach);
        var shape = wedge with { Extent = box };
        _slice.Paint(shape, 1.5f, _t2 ? 212 : 54, 0.95f);
        return Plane.Of(_slice.View, shape, 1.5f);
    }

    /// <summary>Grains of old and new blood with black iron around them, the same on every sequence.</summary>
    private Plane Cavernoma(Lesion lesion)
    {
        var (x, y) = Place(lesion);
        var radius = lesion.BySize(8.5f, 13, 19);
        var shape = Shape.Blob(_chance, x, y, radius, radius, 0.15f, 4, 3);
        _slice.Paint(shape, 1.5f, 4);
        var grains = (int)lesion.BySize(4, 7, 12);
        for (var i = 0; i < grains; i++)
        {
            var (sin, cos) = MathF.SinCos(i * 2.399963f);
            var reach = radius * 0.68f * MathF.Sqrt((i + 0.3f) / grains);
            _slice.Paint(Shape.Circle(x + (cos * reach), y + (sin * reach), _chance.Between(2, 2.6f)), 1, _chance.Between(205, 250));
        }
        return Plane.Of(_slice.View, shape, 1.5f);
    }

    /// <summary>A bright crescent between skull and brain.</summary>
    private Plane Subdural(Lesion lesion)
    {
        var (placeX, placeY) = Place(lesion);
        var angle = MathF.Atan2(placeY / _height, placeX / _width);
        var (thick, half) = (lesion.BySize(11, 16, 23), lesion.BySize(0.56f, 0.76f, 0.95f));
        var crescent = _brain.Grown(1).And((x, y) =>
        {
            var turn = MathF.Abs(MathF.IEEERemainder(MathF.Atan2(y / _height, x / _width) - angle, MathF.Tau)) / half;
            var (u, v) = (x / _width, y / _height);
            var depth = (1 - MathF.Sqrt((u * u) + (v * v))) * _width;
            return (thick * (1 - (turn * turn * turn * turn))) - depth;
        });
        _slice.Paint(crescent, 1.5f, _t2 ? 244 : 236);
        return Plane.Of(_slice.View, crescent, 1.5f);
    }

    /// <summary>The coil's uneven sensitivity, and noise on both channels of the signal (Rician).</summary>
    private void Receive(Chance chance)
    {
        var gain = chance.Between(0.88f, 1.06f);
        var (tiltX, tiltY, bowl) = (chance.Between(-0.12f, 0.12f), chance.Between(-0.12f, 0.12f), chance.Between(-0.1f, 0.1f));
        var noise = chance.Between(3.5f, 7);
        _slice.VisitAll((pixel, x, y, _) =>
        {
            var (u, v) = (x / 112, y / 112);
            var real = (_slice.Values[pixel] * gain * (1 + (tiltX * u) + (tiltY * v) + (bowl * ((u * u) + (v * v))))) + (noise * chance.Normal());
            var imaginary = noise * chance.Normal();
            _slice.Values[pixel] = MathF.Sqrt((real * real) + (imaginary * imaginary));
        });
    }
}
