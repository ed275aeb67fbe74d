namespace MedMoE.Mesh.Phantoms.Drawing;

/// <summary>Called for a pixel: its row-major index, its centre in body units, and the share of it that is covered, above 0.</summary>
internal delegate void PixelAction(int pixel, float x, float y, float cover);

/// <summary>A value for each pixel of a view: its gray level, or the share of it that a shape covers.</summary>
internal sealed class Plane(View view)
{
    public View View { get; } = view;

    /// <summary>[size, size], row-major.</summary>
    public float[] Values { get; } = new float[view.Size * view.Size];

    /// <summary>The share of each pixel that a shape covers, with an edge <paramref name="softness"/> body units wide.</summary>
    public static Plane Of(View view, Shape shape, float softness)
    {
        var plane = new Plane(view);
        plane.Visit(shape, softness, (pixel, _, _, cover) => plane.Values[pixel] = cover);
        return plane;
    }

    /// <summary>Visits every pixel that a shape covers. Its edge is <paramref name="softness"/> wide, but at least one pixel.</summary>
    public void Visit(Shape shape, float softness, PixelAction action)
    {
        var steepness = 1 / MathF.Max(softness, View.PerPixel);
        var (left, top, right, bottom) = View.ToPixels(shape.Extent.Grown(softness));
        for (var row = top; row < bottom; row++)
        {
            for (var column = left; column < right; column++)
            {
                var (x, y) = View.ToBody(column, row);
                var cover = 0.5f + (shape.Depth(x, y) * steepness);
                if (cover > 0)
                {
                    action((row * View.Size) + column, x, y, MathF.Min(cover, 1));
                }
            }
        }
    }

    public void VisitAll(PixelAction action)
    {
        for (var row = 0; row < View.Size; row++)
        {
            for (var column = 0; column < View.Size; column++)
            {
                var (x, y) = View.ToBody(column, row);
                action((row * View.Size) + column, x, y, 1);
            }
        }
    }

    /// <summary>Blends towards a level.</summary>
    public void Paint(Shape shape, float softness, float level, float opacity = 1, Plane? within = null) =>
        Visit(shape, softness, (pixel, _, _, cover) => Values[pixel] += (level - Values[pixel]) * cover * opacity * (within?.Values[pixel] ?? 1));

    public void Add(Shape shape, float softness, float amount, Plane? within = null) =>
        Visit(shape, softness, (pixel, _, _, cover) => Values[pixel] += amount * cover * (within?.Values[pixel] ?? 1));

    /// <summary>Blends towards a level, with the share of each pixel.</summary>
    public void Paint(Plane cover, float level)
    {
        for (var i = 0; i < Values.Length; i++)
        {
            Values[i] += (level - Values[i]) * cover.Values[i];
        }
    }

    public Plane Times(Plane other)
    {
        var product = new Plane(View);
        for (var i = 0; i < Values.Length; i++)
        {
            product.Values[i] = Values[i] * other.Values[i];
        }
        return product;
    }

    public byte[] ToGray()
    {
        var gray = new byte[Values.Length];
        for (var i = 0; i < gray.Length; i++)
        {
            gray[i] = (byte)(Math.Clamp(Values[i], 0, 255) + 0.5f);
        }
        return gray;
    }
}
