namespace MedMoE.Mesh.Imaging;

/// <summary>An image as the backbone takes it.</summary>
/// <param name="Pixels">[3, size, size], row-major, normalised.</param>
/// <param name="Note">What to tell of the image, in one line; null for nothing.</param>
public sealed record PreparedImage(float[] Pixels, string? Note = null);
