using MedMoE.Mesh.Phantoms.Plans;
namespace MedMoE.Mesh.Phantoms.Drawing;

/// <summary>A region inside a box, as a depth in body units: negative outside; near the edge, the distance from it.</summary>
internal sealed record Shape(Extent Extent, Func<float, float, float> Depth)
{
    /// <summary>Directions in which an outline's radius is stored.</summary>
    private const int Directions = 128;

    public static Shape Ellipse(float x, float y, float radiusX, float radiusY, float angle = 0)
    {
        var (sin, cos) = MathF.SinCos(angle);
        var least = MathF.Min(radiusX, radiusY);
        var most = MathF.Max(radiusX, radiusY);
        return new Shape(new Extent(x - most, y - most, x + most, y + most), (px, py) =>
        {
            var (dx, dy) = (px - x, py - y);
            var along = ((cos * dx) + (sin * dy)) / radiusX;
            var across = ((cos * dy) - (sin * dx)) / radiusY;
            return (1 - MathF.Sqrt((along * along) + (across * across))) * least;
        });
    }

    public static Shape Circle(float x, float y, float radius) => Ellipse(x, y, radius, radius);

    /// <summary>
    /// An ellipse with an uneven edge: the sum of <paramref name="waves"/> waves around it, the first with <paramref name="fewest"/> bulges and each
    /// next one with one more. Together they change the radius by at most <paramref name="roughness"/>.
    /// </summary>
    public static Shape Blob(Chance chance, float x, float y, float radiusX, float radiusY, float roughness, int fewest = 2, int waves = 3)
    {
        var radii = new float[Directions];
        var parts = Enumerable.Range(fewest, waves)
            .Select(bulges => (Bulges: bulges, Height: chance.Between(0.5f, 1) * roughness / waves, Phase: chance.Between(0, MathF.Tau))).ToArray();
        for (var i = 0; i < Directions; i++)
        {
            var (sin, cos) = MathF.SinCos(i * MathF.Tau / Directions);
            var ellipse = 1 / MathF.Sqrt((cos * cos / (radiusX * radiusX)) + (sin * sin / (radiusY * radiusY)));
            radii[i] = ellipse * (1 + parts.Sum(p => p.Height * MathF.Cos((p.Bulges * i * MathF.Tau / Directions) + p.Phase)));
        }
        return Star(x, y, radii);
    }

    /// <summary>A smooth outline through points in order. All of them must be visible from the point <paramref name="within"/>.</summary>
    public static Shape Outline((float X, float Y) within, params ReadOnlySpan<(float X, float Y)> points)
    {
        const int Steps = 8;
        var curve = new List<(float X, float Y)>();
        for (var i = 0; i < points.Length; i++)
        {
            var count = points.Length;
            var (a, b, c, d) = (points[(i + count - 1) % count], points[i], points[(i + 1) % count], points[(i + 2) % count]);
            for (var step = 0; step < Steps; step++)
            {
                var t = step / (float)Steps;
                curve.Add((CatmullRom(a.X, b.X, c.X, d.X, t), CatmullRom(a.Y, b.Y, c.Y, d.Y, t)));
            }
        }
        var radii = new float[Directions];
        for (var i = 0; i < Directions; i++)
        {
            var (sin, cos) = MathF.SinCos(i * MathF.Tau / Directions);
            for (var j = 0; j < curve.Count; j++)
            {
                radii[i] = MathF.Max(radii[i], Hit(within, (cos, sin), curve[j], curve[(j + 1) % curve.Count]));
            }
        }
        return Star(within.X, within.Y, radii);
    }

    /// <summary>A line through points, with round ends.</summary>
    public static Shape Stroke(float width, params (float X, float Y)[] points)
    {
        var radius = width / 2;
        var extent = new Extent(points.Min(p => p.X), points.Min(p => p.Y), points.Max(p => p.X), points.Max(p => p.Y)).Grown(radius);
        return new Shape(extent, (x, y) =>
        {
            var nearest = float.MaxValue;
            for (var i = 1; i < points.Length; i++)
            {
                var (a, b) = (points[i - 1], points[i]);
                var (dx, dy) = (b.X - a.X, b.Y - a.Y);
                var t = Math.Clamp((((x - a.X) * dx) + ((y - a.Y) * dy)) / ((dx * dx) + (dy * dy)), 0, 1);
                var (ex, ey) = (x - a.X - (t * dx), y - a.Y - (t * dy));
                nearest = MathF.Min(nearest, (ex * ex) + (ey * ey));
            }
            return radius - MathF.Sqrt(nearest);
        });
    }

    public Shape And(Func<float, float, float> depth)
    {
        var own = Depth;
        return new Shape(Extent, (x, y) => MathF.Min(own(x, y), depth(x, y)));
    }

    public Shape And(Shape other)
    {
        var joint = new Extent(
            MathF.Max(Extent.Left, other.Extent.Left),
            MathF.Max(Extent.Top, other.Extent.Top),
            MathF.Min(Extent.Right, other.Extent.Right),
            MathF.Min(Extent.Bottom, other.Extent.Bottom));
        return And(other.Depth) with { Extent = joint };
    }

    public Shape Without(Shape other)
    {
        var depth = other.Depth;
        return And((x, y) => -depth(x, y));
    }

    /// <summary>The shape with its edge moved outwards, or inwards if <paramref name="by"/> is negative.</summary>
    public Shape Grown(float by)
    {
        var own = Depth;
        return new Shape(Extent.Grown(by), (x, y) => own(x, y) + by);
    }

    /// <summary>The shape, shrunk towards a point.</summary>
    public Shape Scaled(float factor, float aboutX, float aboutY)
    {
        var own = Depth;
        float X(float x) => aboutX + (factor * (x - aboutX));
        float Y(float y) => aboutY + (factor * (y - aboutY));
        return new Shape(
            new Extent(X(Extent.Left), Y(Extent.Top), X(Extent.Right), Y(Extent.Bottom)),
            (x, y) => factor * own(aboutX + ((x - aboutX) / factor), aboutY + ((y - aboutY) / factor)));
    }

    private static Shape Star(float x, float y, float[] radii)
    {
        var most = radii.Max();
        return new Shape(new Extent(x - most, y - most, x + most, y + most), (px, py) =>
        {
            var (dx, dy) = (px - x, py - y);
            var turn = MathF.Atan2(dy, dx) / MathF.Tau * Directions;
            var whole = MathF.Floor(turn);
            var first = (int)whole & (Directions - 1);
            var radius = radii[first] + ((turn - whole) * (radii[(first + 1) & (Directions - 1)] - radii[first]));
            return radius - MathF.Sqrt((dx * dx) + (dy * dy));
        });
    }

    private static float CatmullRom(float a, float b, float c, float d, float t) =>
        b + (0.5f * t * (c - a + (t * ((2 * a) - (5 * b) + (4 * c) - d + (t * ((3 * (b - c)) + d - a))))));

    /// <summary>Distance along a ray to a line segment; 0 if they do not meet.</summary>
    private static float Hit((float X, float Y) from, (float X, float Y) direction, (float X, float Y) a, (float X, float Y) b)
    {
        var (ex, ey) = (b.X - a.X, b.Y - a.Y);
        var (ax, ay) = (a.X - from.X, a.Y - from.Y);
        var cross = (direction.X * ey) - (direction.Y * ex);
        if (MathF.Abs(cross) < 1e-9f)
        {
            return 0;
        }
        var along = ((ax * ey) - (ay * ex)) / cross;
        var share = ((ax * direction.Y) - (ay * direction.X)) / cross;
        return share is >= 0 and <= 1 && along > 0 ? along : 0;
    }
}
