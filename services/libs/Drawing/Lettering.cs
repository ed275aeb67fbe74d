using SkiaSharp;

namespace MedMoE.Mesh.Drawing;

/// <summary>DejaVu Sans, shipped with the program because a container has no fonts; one for the whole process.</summary>
public static class Lettering
{
    public static SKTypeface Typeface { get; } = Load();

    private static SKTypeface Load()
    {
        using var font = typeof(Lettering).Assembly.GetManifestResourceStream("DejaVuSans.ttf");
        return SKTypeface.FromStream(font);
    }
}
