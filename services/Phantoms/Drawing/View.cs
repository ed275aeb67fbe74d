using MedMoE.Mesh.Phantoms.Plans;
namespace MedMoE.Mesh.Phantoms.Drawing;

/// <summary>A box in body units.</summary>
internal readonly record struct Extent(float Left, float Top, float Right, float Bottom)
{
    public Extent Grown(float by) => new(Left - by, Top - by, Right + by, Bottom + by);
}

/// <summary>
/// How a body is placed in the picture. Coordinates are in body units, with the picture 224 units wide and the origin at its centre: x to the right,
/// y down. Radiological convention: x grows towards the patient's left.
/// </summary>
internal sealed class View
{
    public const float Side = 224;

    private readonly float _cos;
    private readonly float _sin;
    private readonly float _zoom;
    private readonly float _shiftX;
    private readonly float _shiftY;

    private View(int size, float angle, float zoom, float shiftX, float shiftY)
    {
        Size = size;
        (_sin, _cos) = MathF.SinCos(angle);
        (_zoom, _shiftX, _shiftY) = (zoom, shiftX, shiftY);
    }

    public int Size { get; }

    /// <summary>Body units per pixel.</summary>
    public float PerPixel => Side / Size / _zoom;

    /// <summary>A view with a random turn (radians), size and shift (body units), each within its maximum.</summary>
    public static View Posed(Chance chance, int size, float turn, float resize, float shift) => new(
        size,
        chance.Between(-turn, turn),
        chance.Between(1 - resize, 1 + resize),
        chance.Between(-shift, shift),
        chance.Between(-shift, shift));

    /// <summary>The centre of a pixel, in body units.</summary>
    public (float X, float Y) ToBody(int column, int row)
    {
        var x = (((column + 0.5f) / Size) - 0.5f) * Side - _shiftX;
        var y = (((row + 0.5f) / Size) - 0.5f) * Side - _shiftY;
        return (((_cos * x) + (_sin * y)) / _zoom, ((_cos * y) - (_sin * x)) / _zoom);
    }

    /// <summary>The range of pixels that may overlap a box.</summary>
    public (int Left, int Top, int Right, int Bottom) ToPixels(Extent extent)
    {
        var (x, y) = ToFrame((extent.Left + extent.Right) / 2, (extent.Top + extent.Bottom) / 2);
        var (halfWidth, halfHeight) = ((extent.Right - extent.Left) / 2, (extent.Bottom - extent.Top) / 2);
        var reachX = _zoom * ((MathF.Abs(_cos) * halfWidth) + (MathF.Abs(_sin) * halfHeight));
        var reachY = _zoom * ((MathF.Abs(_cos) * halfHeight) + (MathF.Abs(_sin) * halfWidth));
        return (Pixel(x - reachX), Pixel(y - reachY), Pixel(x + reachX + 1), Pixel(y + reachY + 1));
    }

    private (float X, float Y) ToFrame(float x, float y) =>
        ((_zoom * ((_cos * x) - (_sin * y))) + _shiftX, (_zoom * ((_cos * y) + (_sin * x))) + _shiftY);

    private int Pixel(float frame) => (int)Math.Clamp(((frame / Side) + 0.5f) * Size, 0, Size);
}
