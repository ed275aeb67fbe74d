namespace MedMoE.Mesh.Imaging;

/// <summary>The backbone's input: normalised pixels, [3, size, size], row-major. The note is one line for the user, or null.</summary>
public sealed record PreparedImage(float[] Pixels, string? Note = null);
