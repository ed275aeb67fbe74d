using SkiaSharp;

namespace MedMoE.Mesh.Drawing;

/// <summary>Paragraphs below each other.</summary>
internal sealed class TextBlock
{
    private readonly List<(string Line, TextStyle Style, float Baseline)> _lines = [];

    public TextBlock(IEnumerable<Paragraph> paragraphs, float width)
    {
        foreach (var (text, style, mostLines) in paragraphs)
        {
            using var font = FontOf(style);
            foreach (var line in Wrap(font, text, width, mostLines))
            {
                _lines.Add((line, style, Height + font.Size));
                Height += MathF.Round(font.Size * 1.45f);
            }
        }
    }

    /// <summary>Pixels.</summary>
    public float Height { get; private set; }

    public void Draw(SKCanvas canvas, float left, float top, Theme theme)
    {
        foreach (var (line, style, baseline) in _lines)
        {
            using var font = FontOf(style);
            using var paint = new SKPaint { Color = theme.ColourOf(style), IsAntialias = true };
            canvas.DrawText(line, left, top + baseline, SKTextAlign.Left, font, paint);
        }
    }

    public static SKFont FontOf(TextStyle style) => new(Lettering.Typeface, style switch
    {
        TextStyle.Title => 18,
        TextStyle.Body => 15,
        TextStyle.Warning => 14,
        _ => 12,
    });

    private static IEnumerable<string> Wrap(SKFont font, string text, float width, int mostLines)
    {
        var left = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        for (var line = 1; left.Length > 0; line++)
        {
            if (line == mostLines)
            {
                yield return Lettering.Fit(font, left, width);
                yield break;
            }
            var fits = Math.Max(1, font.BreakText(left, width));
            // A word that is wider than the line is broken.
            var end = fits == left.Length ? fits : left.LastIndexOf(' ', fits) is > 0 and var space ? space : fits;
            yield return left[..end];
            left = left[end..].TrimStart();
        }
    }
}
