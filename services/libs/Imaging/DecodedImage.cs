namespace MedMoE.Mesh.Imaging;

/// <summary>
/// A decoded image with 1 (gray) or 3 channels: planes [channels, height, width] of levels 0..MaxLevel, which is 255 or 65535. The note is one line
/// for the user, or null.
/// </summary>
public sealed record DecodedImage(int Width, int Height, int Channels, int MaxLevel, float[] Planes, string? Note = null)
{
    /// <summary>Rows from the top, each [channels, width]; all share one buffer, which the next row overwrites.</summary>
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
