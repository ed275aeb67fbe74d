using MedMoE.Mesh.Phantoms.Drawing;
using MedMoE.Mesh.Phantoms.Plans;

namespace MedMoE.Mesh.Phantoms.Anatomy;

/// <summary>
/// A frontal chest film, drawn as the attenuation of the rays: parts add up, so that ribs are visible through the heart, and the exposure converts
/// the sum to gray levels.
/// </summary>
internal sealed class ChestXray
{
    public static readonly IReadOnlyList<FindingKind> Kinds =
    [
        new("nodule", ["upper", "middle", "lower"]),
        new("consolidation", ["upper", "middle", "lower"]),
        new("pleural effusion", ["lower"]),
        new("pneumothorax", ["upper"]),
        new("cardiomegaly", ["central"], HasSide: false),
    ];

    private const float LungLoss = -0.62f;

    private readonly Chance _chance;
    private readonly Plane _film;
    private readonly Shape[] _lungs;
    private readonly Plane[] _lungCover;
    private readonly float _wide;

    private ChestXray(Chance chance, int size)
    {
        _chance = chance;
        var view = View.Posed(chance, size, turn: 0.04f, resize: 0.04f, shift: 5);
        _film = new Plane(view);
        _wide = chance.Between(0.93f, 1.05f);
        var tall = chance.Between(0.94f, 1.04f);
        _lungs = [Lung(Side.Left, tall), Lung(Side.Right, tall)];
        _lungCover = [.. _lungs.Select(lung => Plane.Of(view, lung, 3))];
    }

    public static Picture Draw(Chance chance, StudyPlan plan, int size) => new ChestXray(chance, size).Draw(plan);

    private Picture Draw(StudyPlan plan)
    {
        SoftTissue();
        Lungs();
        Bones();
        var exposure = _chance.Fork();
        var heart = Heart(plan.Lesions.FirstOrDefault(l => l.Kind.Name == "cardiomegaly"));
        Plane[] masks =
        [
            .. plan.Lesions.Select(lesion => lesion.Kind.Name switch
            {
                "nodule" => Nodule(lesion),
                "consolidation" => Consolidation(lesion),
                "pleural effusion" => Effusion(lesion),
                "pneumothorax" => Pneumothorax(lesion),
                _ => Plane.Of(_film.View, heart, 2),
            }),
        ];
        return new Picture(Expose(exposure), masks);
    }

    private static int Towards(Side side) => side == Side.Left ? 1 : -1;

    /// <summary>From the apex along the ribs to the costophrenic angle, and back over the diaphragm; the right dome is higher.</summary>
    private Shape Lung(Side side, float tall)
    {
        var w = Towards(side) * _wide;
        var dome = side == Side.Left ? 4 : 0;
        return Shape.Outline(
            (42 * w, -5),
            (26 * w, -86 * tall),
            (42 * w, -78 * tall),
            (58 * w, -54 * tall),
            (69 * w, -22),
            (75 * w, 14),
            (77 * w, 48 + dome),
            (75 * w, 66 + dome),
            (62 * w, 54 + dome),
            (44 * w, 46 + dome),
            (26 * w, 51 + dome),
            (15 * w, 60 + dome),
            (12 * w, 30),
            (12 * w, -10),
            (12 * w, -50),
            (15 * w, -78 * tall));
    }

    private void SoftTissue()
    {
        var build = _chance.Between(0.92f, 1.08f);
        var shade = new Texture(_chance, 60);
        var torso = Shape.Outline(
            (0, 20),
            (0, -150),
            (22, -130),
            (24, -104),
            (60, -94),
            (98 * build, -84),
            (122 * build, -50),
            (118 * build, 10),
            (116 * build, 80),
            (120 * build, 150),
            (0, 190),
            (-120 * build, 150),
            (-116 * build, 80),
            (-118 * build, 10),
            (-122 * build, -50),
            (-98 * build, -84),
            (-60, -94),
            (-24, -104),
            (-22, -130));
        _film.Visit(torso, 12, (pixel, x, y, cover) =>
            _film.Values[pixel] = cover * (0.84f + (0.05f * shade.At(x, y)) + Math.Clamp(0.006f * (y - 30), 0, 0.2f)));
        // Only some phantoms have visible breasts.
        var breasts = _chance.Between(-0.08f, 0.13f);
        if (breasts > 0)
        {
            _film.Add(Shape.Ellipse(-46, 34, 30, 24), 12, breasts);
            _film.Add(Shape.Ellipse(46, 34, 30, 24), 12, breasts);
        }
    }

    private void Lungs()
    {
        var coarse = new Texture(_chance, 26);
        var fine = new Texture(_chance, 5);
        for (var i = 0; i < 2; i++)
        {
            var lung = _lungs[i].Depth;
            _film.Visit(_lungs[i], 3, (pixel, x, y, share) =>
            {
                // The lung is thinner, and so brighter, towards its edge.
                var thick = MathF.Min(1, 0.78f + (lung(x, y) / 70));
                _film.Values[pixel] += share * ((LungLoss * thick) + (0.05f * coarse.At(x, y)) + (0.04f * fine.At(x, y)));
            });
            Vessels(i == 0 ? 1 : -1, _lungCover[i]);
        }
        // Gas in the stomach, under the left dome.
        _film.Add(Shape.Ellipse(_chance.Between(34, 46), 74, _chance.Between(9, 16), 8), 5, -0.3f);
    }

    private void Vessels(int towards, Plane lung)
    {
        var (hilumX, hilumY) = (towards * 20f, _chance.Between(-10, -2));
        _film.Add(Shape.Blob(_chance, hilumX, hilumY, 9, 15, 0.5f), 9, 0.1f, lung);
        for (var i = 0; i < 11; i++)
        {
            var angle = ((i / 10f) - 0.5f) * 2.9f + _chance.Between(-0.12f, 0.12f);
            var length = _chance.Between(30, 62);
            var bend = _chance.Between(-0.35f, 0.35f);
            var (x, y, width) = (hilumX, hilumY, _chance.Between(2.2f, 3.4f));
            for (var part = 0; part < 3; part++)
            {
                var (sin, cos) = MathF.SinCos(angle);
                var (nextX, nextY) = (x + (towards * cos * length / 3), y + (sin * length / 3));
                var vessel = Shape.Stroke(width, (x + (0.25f * (nextX - x)), y + (0.25f * (nextY - y))), (nextX, nextY));
                _film.Add(vessel, 1.6f, 0.13f - (0.03f * part), lung);
                (x, y, width, angle) = (nextX, nextY, width * 0.65f, angle + bend);
            }
        }
    }

    private void Bones()
    {
        _film.Add(Shape.Stroke(21, (0, -120), (0, 130)), 5, 0.17f);
        for (var y = -104f; y < 112; y += 15)
        {
            _film.Add(Shape.Stroke(1.5f, (-9, y), (9, y)), 2, -0.06f);
        }
        var slope = _chance.Between(-3, 4);
        var strength = _chance.Between(0.11f, 0.18f);
        for (var rib = 0; rib < 10; rib++)
        {
            var y = -86 + (15f * rib);
            // The cage is narrow at the top.
            var reach = _wide * MathF.Min(80, 46 + (9 * rib));
            foreach (var side in new[] { -1, 1 })
            {
                var (flank, bend) = (side * reach, y + slope);
                (float X, float Y)[] behind = [(side * 9, y), (0.45f * flank, y - 4), (0.8f * flank, bend + 6), (flank, bend + 21)];
                _film.Add(Shape.Stroke(7, behind), 1.5f, strength);
                _film.Add(Shape.Stroke(3.4f, behind), 2, -0.35f * strength);
                if (rib is > 0 and < 7)
                {
                    _film.Add(Shape.Stroke(6.5f, (flank, bend + 21), (0.8f * flank, bend + 38), (0.5f * flank, bend + 49)), 2.5f, 0.45f * strength);
                }
            }
        }
        var tilt = _chance.Between(-4, 5);
        foreach (var side in new[] { -1, 1 })
        {
            _film.Add(Shape.Stroke(8, (side * 9, -66), (side * 36, -72 - tilt), (side * 62, -78 - tilt), (side * 88, -84 - tilt)), 2, 0.24f);
        }
        // The side marker at the patient's left.
        _film.Paint(Shape.Stroke(3, (88, -102), (88, -90), (95, -90)), 1, 1.7f);
    }

    private Shape Heart(Lesion? enlarged)
    {
        var growth = _chance.Between(0.92f, 1.06f);
        growth = enlarged?.BySize(1.36f, 1.56f, 1.78f) ?? growth;
        // An enlarged heart grows more to the sides than upwards.
        float Y(float y) => 57 - ((57 - y) * (1 + (0.45f * (growth - 1))));
        var heart = Shape.Outline(
            (10, 26),
            (-8 * growth, Y(-6)),
            (-19 * growth, Y(8)),
            (-23 * growth, Y(28)),
            (-17 * growth, Y(50)),
            (8, 58),
            (34 * growth, 56),
            (44 * growth, Y(46)),
            (41 * growth, Y(28)),
            (27 * growth, Y(4)),
            (14 * growth, Y(-8)));
        // Outside the lungs the heart replaces other soft tissue, so it adds less.
        _film.Visit(heart, 5, (pixel, _, _, cover) =>
            _film.Values[pixel] += cover * (0.1f + (0.4f * MathF.Max(_lungCover[0].Values[pixel], _lungCover[1].Values[pixel]))));
        _film.Add(Shape.Stroke(24, (2, -120), (1, -40), (2, -4)), 7, 0.13f);
        _film.Add(Shape.Circle(13, -38, _chance.Between(8, 11)), 5, 0.22f);
        _film.Add(Shape.Stroke(9, (0, -120), (1, -60), (1, -36)), 3, -0.2f);
        return heart;
    }

    private (float X, float Y) InLung(Lesion lesion)
    {
        var (y, least, most) = lesion.Zone switch
        {
            "upper" => (_chance.Between(-58, -44), 34, 40),
            "middle" => (_chance.Between(-14, -2), 42, 50),
            _ => (_chance.Between(24, 32), 48, 56),
        };
        return (lesion.Towards * _wide * _chance.Between(least, most), y);
    }

    private Plane Lung(Lesion lesion) => _lungCover[lesion.Side == Side.Left ? 0 : 1];

    private Plane Nodule(Lesion lesion)
    {
        var (x, y) = InLung(lesion);
        var radius = lesion.BySize(8, 12.5f, 19) * _chance.Between(0.95f, 1.08f);
        var shape = Shape.Blob(_chance, x, y, radius, radius, 0.12f);
        _film.Add(shape, 2, 0.62f);
        return Plane.Of(_film.View, shape, 2);
    }

    /// <summary>Patchy, without a sharp edge, with air left in the bronchi.</summary>
    private Plane Consolidation(Lesion lesion)
    {
        var (x, y) = InLung(lesion);
        var radius = lesion.BySize(13, 20, 30);
        var shape = Shape.Blob(_chance, x, y, radius * 1.1f, radius * 0.9f, 0.45f, 3, 4);
        var patches = new Texture(_chance, 9);
        var cover = Plane.Of(_film.View, shape, 9).Times(Lung(lesion));
        _film.Visit(shape, 9, (pixel, px, py, _) => _film.Values[pixel] += cover.Values[pixel] * (0.5f + (0.22f * patches.At(px, py))));
        for (var i = 0; i < 3; i++)
        {
            var (sin, cos) = MathF.SinCos(((i - 1) * 0.6f) + _chance.Between(-0.1f, 0.1f));
            var reach = 0.8f * radius;
            var bronchus = Shape.Stroke(1.8f, (x - (lesion.Towards * radius * 0.5f), y), (x + (lesion.Towards * cos * reach), y + (sin * reach)));
            _film.Add(bronchus, 1.5f, -0.2f, cover);
        }
        return cover;
    }

    /// <summary>Fluid at the base, higher along the ribs.</summary>
    private Plane Effusion(Lesion lesion)
    {
        var level = lesion.BySize(44, 22, -8) + _chance.Between(-3, 3);
        var lung = lesion.Side == Side.Left ? _lungs[0] : _lungs[1];
        var fluid = new Shape(lung.Extent, (x, y) =>
        {
            var lateral = MathF.Max(0, (lesion.Towards * x / _wide) - 12) / 64;
            return y - level + (26 * lateral * lateral);
        });
        var cover = Plane.Of(_film.View, fluid, 9).Times(Lung(lesion));
        for (var i = 0; i < cover.Values.Length; i++)
        {
            // The fluid replaces air, and is too dense for the heart to be visible in it.
            _film.Values[i] += cover.Values[i] * MathF.Min(0.76f, MathF.Max(0, 1.22f - _film.Values[i]));
        }
        return cover;
    }

    /// <summary>Air around a collapsed lung: no markings, and a fine pleural line.</summary>
    private Plane Pneumothorax(Lesion lesion)
    {
        var lung = lesion.Side == Side.Left ? _lungs[0] : _lungs[1];
        var factor = lesion.BySize(0.8f, 0.66f, 0.48f) + _chance.Between(-0.02f, 0.02f);
        var shrunk = lung.Scaled(factor, lesion.Towards * 13, 64);
        var air = lung.Without(shrunk).And((x, y) => MathF.Max((lesion.Towards * x) - 17, -50 - y));
        var cover = Plane.Of(_film.View, air, 2);
        // Ribs stay visible, the lung's markings do not: air is black.
        for (var i = 0; i < cover.Values.Length; i++)
        {
            _film.Values[i] += cover.Values[i] * ((0.6f * (0.16f - _film.Values[i])) - 0.05f);
        }
        _film.Add(shrunk, 3, 0.12f + (0.2f * (0.8f - factor)), Lung(lesion));
        _film.Add(shrunk.Grown(1).Without(shrunk.Grown(-1.2f)).And((x, y) => MathF.Min(36 - y, (lesion.Towards * x) - 20)), 1, 0.3f, Lung(lesion));
        return cover;
    }

    private Plane Expose(Chance chance)
    {
        var view = _film.View;
        var black = chance.Between(0.04f, 0.16f);
        var white = chance.Between(1.32f, 1.5f);
        var gamma = chance.Between(0.85f, 1.15f);
        var noise = chance.Between(2.5f, 5.5f);
        var film = new Plane(view);
        var before = 0f;
        for (var i = 0; i < film.Values.Length; i++)
        {
            // Film grain is slightly wider than a pixel.
            before = (0.4f * before) + chance.Normal();
            film.Values[i] = (255 * MathF.Pow(Math.Clamp((_film.Values[i] - black) / (white - black), 0, 1), gamma)) + (noise * before);
        }
        return film;
    }
}
