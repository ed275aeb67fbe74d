namespace MedMoE.Mesh.Imaging;

/// <summary>A decoded image: gray or RGB, 8 or 16 bits.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Channels">1 or 3.</param>
/// <param name="MaxLevel">255 or 65535.</param>
/// <param name="Planes">Levels 0..MaxLevel, [channels, height, width].</param>
/// <param name="Note">What to tell of it, in one line; null for nothing.</param>
public sealed record DecodedImage(int Width, int Height, int Channels, int MaxLevel, float[] Planes, string? Note = null)
{
    /// <summary>Its rows from the top, each [channels, width], in one buffer that the next row overwrites.</summary>
    internal IEnumerable<float[]> Rows()
    {
        var row = new float[Channels * Width];
        for (var y = 0; y < Height; y++)
        {
            for (var channel = 0; channel < Channels; channel++)
            {
                Planes.AsSpan(((channel * Height) + y) * Width, Width).CopyTo(row.AsSpan(channel * Width));
            }
            yield return row;
        }
    }
}
