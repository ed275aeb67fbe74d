using System.Globalization;
using MedMoE.Mesh.Model.Analysis;
using MedMoE.Mesh.Model.Images;
using SkiaSharp;

namespace MedMoE.Mesh.Analyzer.Output;

/// <summary>A sheet of panels: the image, then once for each word the image with the word's attention over it.</summary>
internal static class AttentionOverlay
{
    private const int PanelSide = 224;
    private const int Gap = 12;
    private const int LabelHeight = 44;
    private const int TitleHeight = 56;
    private const int MostColumns = 6;

    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, byte[] image, ImageAnalysis analysis)
    {
        using var picture = Picture(new ImageDecoder().Decode(image));
        using var sheet = Draw(picture, analysis);
        using var data = sheet.Encode(SKEncodedImageFormat.Png, 100);
        using var file = File.Create(path);
        data.SaveTo(file);
    }

    private static SKImage Draw(SKImage picture, ImageAnalysis analysis)
    {
        var words = analysis.Text!.Words;
        var columns = Math.Min(MostColumns, words.Count + 1);
        var rows = (words.Count + columns) / columns;
        var info = new SKImageInfo(
            Gap + (columns * (PanelSide + Gap)), TitleHeight + (rows * (PanelSide + LabelHeight + Gap)), SKColorType.Rgba8888, SKAlphaType.Premul);
        using var surface = SKSurface.Create(info);
        var canvas = surface.Canvas;
        canvas.Clear(new SKColor(24, 26, 30));
        using var typeface = Typeface();
        using var title = new SKFont(typeface, 18);
        using var label = new SKFont(typeface, 15);
        using var detail = new SKFont(typeface, 12);
        using var bright = new SKPaint { Color = SKColors.White, IsAntialias = true };
        using var dim = new SKPaint { Color = new SKColor(170, 176, 186), IsAntialias = true };

        var gate = analysis.Gate;
        Text(title, bright, Gap, 24, info.Width - (2 * Gap), Invariant($"{gate.Expert} expert, by {gate.Policy.ToString().ToLowerInvariant()}"));
        Text(detail, dim, Gap, 44, info.Width - (2 * Gap), Invariant(
            $"{analysis.ModelVersion}   global similarity {analysis.Text.GlobalSimilarity:F3}   local similarity {analysis.Text.LocalSimilarity:F3}"));
        for (var i = 0; i <= words.Count; i++)
        {
            var left = Gap + (i % columns * (PanelSide + Gap));
            var top = TitleHeight + (i / columns * (PanelSide + LabelHeight + Gap));
            var frame = Fit(picture, new SKRect(left, top, left + PanelSide, top + PanelSide));
            canvas.DrawImage(picture, frame, new SKSamplingOptions(SKCubicResampler.Mitchell));
            if (i == 0)
            {
                Text(label, bright, left, top + PanelSide + 18, PanelSide, "image");
                Legend(left, top + PanelSide + 24);
                Text(detail, dim, left + 40, top + PanelSide + 34, PanelSide, "attention, none to most");
                continue;
            }
            var word = words[i - 1];
            var peak = word.Peak;
            using (var heat = HeatMap(word.Attention, analysis.GridSide))
            {
                canvas.DrawImage(heat, frame, new SKSamplingOptions(SKFilterMode.Linear));
            }
            Mark(frame, peak, analysis.GridSide);
            Text(label, bright, left, top + PanelSide + 18, PanelSide, word.Word);
            Text(detail, dim, left, top + PanelSide + 34, PanelSide, Invariant($"similarity {word.Similarity:F3}   peak {peak[0]}, {peak[1]}"));
        }
        return surface.Snapshot();

        void Text(SKFont font, SKPaint paint, float x, float y, float width, string text)
        {
            var fitting = font.BreakText(text, width);
            canvas.DrawText(fitting < text.Length ? text[..Math.Max(0, fitting - 1)] + "…" : text, x, y, SKTextAlign.Left, font, paint);
        }

        void Mark(SKRect frame, IReadOnlyList<int> peak, int side)
        {
            using var ring = new SKPaint { Color = SKColors.Cyan, IsStroke = true, StrokeWidth = 2, IsAntialias = true };
            canvas.DrawCircle(
                frame.Left + ((peak[1] + 0.5f) / side * frame.Width), frame.Top + ((peak[0] + 0.5f) / side * frame.Height), 6, ring);
        }

        void Legend(float left, float top)
        {
            using var paint = new SKPaint();
            for (var x = 0; x < 32; x++)
            {
                paint.Color = Heat(x / 31f);
                canvas.DrawRect(left + x, top, 1, 11, paint);
            }
        }
    }

    /// <summary>The image as a person sees it, 8 bits.</summary>
    private static SKImage Picture(DecodedImage image)
    {
        var area = image.Width * image.Height;
        var rgba = new byte[area * 4];
        for (var i = 0; i < area; i++)
        {
            for (var channel = 0; channel < 3; channel++)
            {
                rgba[(i * 4) + channel] = (byte)(image.Planes[(Math.Min(channel, image.Channels - 1) * area) + i] * 255 / image.MaxLevel);
            }
            rgba[(i * 4) + 3] = 255;
        }
        return SKImage.FromPixelCopy(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque), rgba);
    }

    private static SKImage HeatMap(float[] attention, int side)
    {
        var most = attention.Max();
        var rgba = new byte[attention.Length * 4];
        for (var i = 0; i < attention.Length; i++)
        {
            var colour = Heat(attention[i] / most);
            (rgba[i * 4], rgba[(i * 4) + 1], rgba[(i * 4) + 2], rgba[(i * 4) + 3]) = (colour.Red, colour.Green, colour.Blue, colour.Alpha);
        }
        return SKImage.FromPixelCopy(new SKImageInfo(side, side, SKColorType.Rgba8888, SKAlphaType.Unpremul), rgba);
    }

    /// <summary>
    /// From clear over yellow to red, as the share of a word's largest attention goes from 0 to 1. Opacity grows with the root of it, or a
    /// sharp peak would hide all else.
    /// </summary>
    private static SKColor Heat(float share) => new(255, (byte)(220 * (1 - share)), 0, (byte)(190 * MathF.Sqrt(share)));

    private static SKRect Fit(SKImage picture, SKRect box)
    {
        var scale = Math.Min(box.Width / picture.Width, box.Height / picture.Height);
        var (width, height) = (picture.Width * scale, picture.Height * scale);
        return SKRect.Create(box.MidX - (width / 2), box.MidY - (height / 2), width, height);
    }

    // Shipped with the program: a container has no fonts.
    private static SKTypeface Typeface()
    {
        using var font = typeof(AttentionOverlay).Assembly.GetManifestResourceStream("DejaVuSans.ttf");
        return SKTypeface.FromStream(font);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
