namespace MedMoE.Mesh.Phantoms.Drawing;

/// <summary>What is done with a pixel of a shape.</summary>
/// <param name="pixel">Its index, row-major.</param>
/// <param name="x">Its middle, in body units.</param>
/// <param name="y">Its middle, in body units.</param>
/// <param name="cover">Share of it that the shape covers, above 0.</param>
internal delegate void PixelAction(int pixel, float x, float y, float cover);

/// <summary>A number for each pixel of a view: gray levels, or how much of the pixel something covers.</summary>
internal sealed class Plane(View view)
{
    public View View { get; } = view;

    /// <summary>[size, size], row-major.</summary>
    public float[] Values { get; } = new float[view.Size * view.Size];

    /// <summary>How much of each pixel a shape covers.</summary>
    /// <param name="view">The view.</param>
    /// <param name="shape">The shape.</param>
    /// <param name="softness">Width of its edge, in body units.</param>
    public static Plane Of(View view, Shape shape, float softness)
    {
        var plane = new Plane(view);
        plane.Visit(shape, softness, (pixel, _, _, cover) => plane.Values[pixel] = cover);
        return plane;
    }

    /// <summary>Does something at every pixel that a shape covers; its edge is <paramref name="softness"/> wide, and a pixel at least.</summary>
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

    /// <summary>Does something at every pixel.</summary>
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

    /// <summary>Covers what was there.</summary>
    public void Paint(Shape shape, float softness, float level, float opacity = 1, Plane? within = null) =>
        Visit(shape, softness, (pixel, _, _, cover) =>
            Values[pixel] += (level - Values[pixel]) * cover * opacity * (within?.Values[pixel] ?? 1));

    /// <summary>Adds to what was there.</summary>
    public void Add(Shape shape, float softness, float amount, Plane? within = null) =>
        Visit(shape, softness, (pixel, _, _, cover) => Values[pixel] += amount * cover * (within?.Values[pixel] ?? 1));

    /// <summary>Covers what was there, to a share that is told for each pixel.</summary>
    public void Paint(Plane cover, float level)
    {
        for (var i = 0; i < Values.Length; i++)
        {
            Values[i] += (level - Values[i]) * cover.Values[i];
        }
    }

    /// <summary>Its product with another.</summary>
    public Plane Times(Plane other)
    {
        var product = new Plane(View);
        for (var i = 0; i < Values.Length; i++)
        {
            product.Values[i] = Values[i] * other.Values[i];
        }
        return product;
    }

    /// <summary>Levels of 0..255, rounded.</summary>
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
