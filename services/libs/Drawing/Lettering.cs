using SkiaSharp;

namespace MedMoE.Mesh.Drawing;

/// <summary>The font that is shipped with the program: a container has none.</summary>
public static class Lettering
{
    /// <summary>DejaVu Sans, one for the whole process.</summary>
    public static SKTypeface Typeface { get; } = Load();

    private static SKTypeface Load()
    {
        using var font = typeof(Lettering).Assembly.GetManifestResourceStream("DejaVuSans.ttf");
        return SKTypeface.FromStream(font);
    }
}
