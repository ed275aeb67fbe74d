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

    /// <summary>The text, or its beginning and "…" if it is wider.</summary>
    internal static string Fit(SKFont font, string text, float width)
    {
        const string Cut = "…";
        return font.MeasureText(text) <= width ? text : text[..font.BreakText(text, Math.Max(0, width - font.MeasureText(Cut)))] + Cut;
    }
}
