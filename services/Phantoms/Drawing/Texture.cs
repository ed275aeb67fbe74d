using MedMoE.Mesh.Phantoms.Plans;
namespace MedMoE.Mesh.Phantoms.Drawing;

/// <summary>A smooth random field: random numbers at the corners of a grid, interpolated. Corners are <c>grain</c> body units apart.</summary>
internal sealed class Texture
{
    private const int Corners = 64;

    private readonly float[] _corners = new float[Corners * Corners];
    private readonly float _perUnit;

    public Texture(Chance chance, float grain)
    {
        _perUnit = 1 / grain;
        for (var i = 0; i < _corners.Length; i++)
        {
            _corners[i] = chance.Between(-1, 1);
        }
    }

    /// <summary>-1..1.</summary>
    public float At(float x, float y)
    {
        var (u, v) = (x * _perUnit, y * _perUnit);
        var (left, top) = (MathF.Floor(u), MathF.Floor(v));
        var (s, t) = (Smooth(u - left), Smooth(v - top));
        var (i, j) = ((int)left & (Corners - 1), (int)top & (Corners - 1));
        var (i1, j1) = ((i + 1) & (Corners - 1), (j + 1) & (Corners - 1));
        var upper = Between(_corners[(j * Corners) + i], _corners[(j * Corners) + i1], s);
        var lower = Between(_corners[(j1 * Corners) + i], _corners[(j1 * Corners) + i1], s);
        return Between(upper, lower, t);
    }

    private static float Smooth(float t) => t * t * (3 - (2 * t));

    private static float Between(float a, float b, float share) => a + (share * (b - a));
}
