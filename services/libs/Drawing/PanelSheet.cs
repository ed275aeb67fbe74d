using MedMoE.Mesh.Imaging;
using SkiaSharp;

namespace MedMoE.Mesh.Drawing;

/// <summary>A dark sheet with a title and rows of square panels: images with attention, and two lines of text below each.</summary>
public sealed class PanelSheet : IDisposable
{
    private const int PanelSide = 224;
    private const int Gap = 12;
    private const int LabelHeight = 44;
    private const int TitleHeight = 56;

    private readonly int _columns;
    private readonly SKSurface _surface;
    private readonly SKFont _title = new(Lettering.Typeface, 18);
    private readonly SKFont _label = new(Lettering.Typeface, 15);
    private readonly SKFont _detail = new(Lettering.Typeface, 12);
    private readonly SKPaint _bright = new() { Color = SKColors.White, IsAntialias = true };
    private readonly SKPaint _dim = new() { Color = new SKColor(170, 176, 186), IsAntialias = true };

    public PanelSheet(int panels, int columns)
    {
        _columns = Math.Min(columns, panels);
        var rows = (panels + _columns - 1) / _columns;
        _surface = SKSurface.Create(new SKImageInfo(
            Gap + (_columns * (PanelSide + Gap)), TitleHeight + (rows * (PanelSide + LabelHeight + Gap)), SKColorType.Rgba8888, SKAlphaType.Premul));
        Canvas.Clear(new SKColor(24, 26, 30));
    }

    private SKCanvas Canvas => _surface.Canvas;

    public void Title(string title, string detail)
    {
        var width = (_columns * (PanelSide + Gap)) - Gap;
        Text(_title, _bright, Gap, 24, width, title);
        Text(_detail, _dim, Gap, 44, width, detail);
    }

    /// <summary>Draws an image into a panel, as large as fits, and returns its frame.</summary>
    public SKRect Image(int panel, DecodedImage image)
    {
        using var picture = Picture.Of(image);
        var (left, top) = Corner(panel);
        var scale = Math.Min((float)PanelSide / picture.Width, (float)PanelSide / picture.Height);
        var (width, height) = (picture.Width * scale, picture.Height * scale);
        var frame = SKRect.Create(left + ((PanelSide - width) / 2), top + ((PanelSide - height) / 2), width, height);
        Canvas.DrawImage(picture, frame, new SKSamplingOptions(SKCubicResampler.Mitchell));
        return frame;
    }

    /// <summary>Draws an attention map, [side, side] row-major, over an image, and a circle at its peak (row and column).</summary>
    public void Attention(SKRect frame, float[] attention, int side, IReadOnlyList<int> peak)
    {
        using var heat = Picture.OfAttention(attention, side);
        Canvas.DrawImage(heat, frame, new SKSamplingOptions(SKFilterMode.Linear));
        using var ring = new SKPaint { Color = SKColors.Cyan, IsStroke = true, StrokeWidth = 2, IsAntialias = true };
        Canvas.DrawCircle(frame.Left + ((peak[1] + 0.5f) / side * frame.Width), frame.Top + ((peak[0] + 0.5f) / side * frame.Height), 6, ring);
    }

    /// <summary>Draws the outline of a region, a mask [height, width] in row-major order, over an image.</summary>
    public void Outline(SKRect frame, bool[] inside, int width, int height)
    {
        bool Inside(int row, int column) => row >= 0 && row < height && column >= 0 && column < width && inside[(row * width) + column];
        var (across, down) = (frame.Width / width, frame.Height / height);
        using var edges = new SKPathBuilder();
        for (var row = 0; row <= height; row++)
        {
            for (var column = 0; column <= width; column++)
            {
                var (x, y) = (frame.Left + (column * across), frame.Top + (row * down));
                if (Inside(row, column) != Inside(row - 1, column))
                {
                    edges.MoveTo(x, y);
                    edges.LineTo(x + across, y);
                }
                if (Inside(row, column) != Inside(row, column - 1))
                {
                    edges.MoveTo(x, y);
                    edges.LineTo(x, y + down);
                }
            }
        }
        using var path = edges.Detach();
        // A light line on a dark one is visible on any image.
        using var dark = new SKPaint { Color = new SKColor(0, 0, 0, 160), IsStroke = true, StrokeWidth = 3, IsAntialias = true };
        using var light = new SKPaint { Color = new SKColor(120, 255, 140), IsStroke = true, StrokeWidth = 1.5f, IsAntialias = true };
        Canvas.DrawPath(path, dark);
        Canvas.DrawPath(path, light);
    }

    /// <summary>Writes below a panel; text that is too long is cut.</summary>
    public void Label(int panel, string label, string detail)
    {
        var (left, top) = Corner(panel);
        Text(_label, _bright, left, top + PanelSide + 18, PanelSide, label);
        Text(_detail, _dim, left, top + PanelSide + 34, PanelSide, detail);
    }

    /// <summary>Like <see cref="Label"/>, with the colour scale of attention before the second line.</summary>
    public void LabelWithLegend(int panel, string label, string detail)
    {
        var (left, top) = Corner(panel);
        Text(_label, _bright, left, top + PanelSide + 18, PanelSide, label);
        using var paint = new SKPaint();
        for (var x = 0; x < 32; x++)
        {
            paint.Color = Picture.Heat(x / 31f);
            Canvas.DrawRect(left + x, top + PanelSide + 24, 1, 11, paint);
        }
        Text(_detail, _dim, left + 40, top + PanelSide + 34, PanelSide - 40, detail);
    }

    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string path)
    {
        using var image = _surface.Snapshot();
        using var data = image.Encode(SKEncodedImageFormat.Png, 100);
        using var file = File.Create(path);
        data.SaveTo(file);
    }

    public void Dispose()
    {
        _surface.Dispose();
        _title.Dispose();
        _label.Dispose();
        _detail.Dispose();
        _bright.Dispose();
        _dim.Dispose();
    }

    private (int Left, int Top) Corner(int panel) =>
        (Gap + (panel % _columns * (PanelSide + Gap)), TitleHeight + (panel / _columns * (PanelSide + LabelHeight + Gap)));

    private void Text(SKFont font, SKPaint paint, float x, float y, float width, string text)
    {
        const string Cut = "…";
        var whole = font.MeasureText(text) <= width;
        Canvas.DrawText(whole ? text : text[..font.BreakText(text, width - font.MeasureText(Cut))] + Cut, x, y, SKTextAlign.Left, font, paint);
    }
}
