using MedMoE.Mesh.Phantoms.Plans;
namespace MedMoE.Mesh.Phantoms.Anatomy;

/// <summary>Speckle in the probe's coordinates: complex normal noise (Rayleigh), blurred a little along the beam, more across it.</summary>
internal sealed class Speckle
{
    private const int Beams = 144;
    private const int Samples = 224;

    private readonly float[] _lengths;

    public Speckle(Chance chance)
    {
        var (real, imaginary) = (Part(chance), Part(chance));
        _lengths = new float[Beams * Samples];
        for (var i = 0; i < _lengths.Length; i++)
        {
            _lengths[i] = MathF.Sqrt((real[i] * real[i]) + (imaginary[i] * imaginary[i]));
        }
        var mean = _lengths.Average();
        for (var i = 0; i < _lengths.Length; i++)
        {
            _lengths[i] /= mean;
        }
    }

    /// <summary>A factor around 1, at -1..1 from the first beam to the last, and 0..1 from the probe to the deepest sample.</summary>
    public float At(float across, float along)
    {
        var u = Math.Clamp((across + 1) / 2, 0, 1) * (Beams - 1.001f);
        var v = Math.Clamp(along, 0, 1) * (Samples - 1.001f);
        var (i, j) = ((int)u, (int)v);
        var (s, t) = (u - i, v - j);
        float Row(int row) => (_lengths[(row * Beams) + i] * (1 - s)) + (_lengths[(row * Beams) + i + 1] * s);
        return (Row(j) * (1 - t)) + (Row(j + 1) * t);
    }

    private static float[] Part(Chance chance)
    {
        var noise = new float[Beams * Samples];
        for (var i = 0; i < noise.Length; i++)
        {
            noise[i] = chance.Normal();
        }
        return Blurred(Blurred(noise, 1), Beams);
    }

    /// <summary>1, 2, 1 over neighbours at a distance.</summary>
    private static float[] Blurred(float[] values, int distance)
    {
        var blurred = new float[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var (before, after) = (Math.Max(i - distance, 0), Math.Min(i + distance, values.Length - 1));
            blurred[i] = values[before] + (2 * values[i]) + values[after];
        }
        return blurred;
    }
}
