using MedMoE.Mesh.Imaging;
using SkiaSharp;

namespace MedMoE.Mesh.Drawing;

/// <summary>
/// A sheet with a header and rows of square panels: images with attention, and below each two lines of text and the scale of the colours.
/// Fewer columns have larger panels.
/// </summary>
public sealed class PanelSheet : IDisposable
{
    /// <summary>First in the warnings of every sheet, since pictures are passed on without the pages around them.</summary>
    public const string Disclaimer = "Not a medical device.";

    private const int MostWidth = 1428;
    private const int MostSide = 464;
    private const int Gap = 12;
    private const int LabelHeight = 64;
    private const int ScaleWidth = 96;

    private readonly int _columns;
    private readonly int _side;
    private readonly int _top;
    private readonly Theme _theme;
    private readonly SKSurface _surface;

    /// <param name="panels">Number of panels.</param>
    /// <param name="columns">Most panels of a row, up to 6.</param>
    /// <param name="theme">Colours.</param>
    /// <param name="header">Above the panels.</param>
    public PanelSheet(int panels, int columns, Theme theme, IEnumerable<Paragraph> header)
    {
        (_columns, _theme) = (Math.Min(columns, panels), theme);
        _side = Math.Min(MostSide, ((MostWidth - Gap) / _columns) - Gap);
        var (rows, width) = ((panels + _columns - 1) / _columns, Gap + (_columns * (_side + Gap)));
        var block = new TextBlock(header, width - (2 * Gap));
        _top = (2 * Gap) + (int)block.Height;
        _surface = SKSurface.Create(
            new SKImageInfo(width, _top + (rows * (_side + LabelHeight + Gap)), SKColorType.Rgba8888, SKAlphaType.Premul));
        Canvas.Clear(theme.Background);
        block.Draw(Canvas, Gap, Gap, theme);
    }

    private SKCanvas Canvas => _surface.Canvas;

    /// <summary>Draws an image into some panels, as large as fits, and returns their frames.</summary>
    public IReadOnlyList<SKRect> Image(DecodedImage image, params IEnumerable<int> panels)
    {
        using var picture = Picture.Of(image);
        var scale = Math.Min((float)_side / picture.Width, (float)_side / picture.Height);
        // Cubic resampling of a large image would skip pixels.
        var sampling = scale < 1 ? new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear) : new SKSamplingOptions(SKCubicResampler.Mitchell);
        // Whole pixels, so that the edges are sharp.
        var (width, height) = (Math.Max(1, (int)(picture.Width * scale)), Math.Max(1, (int)(picture.Height * scale)));
        using var fitted = SKSurface.Create(new SKImageInfo(width, height));
        fitted.Canvas.DrawImage(picture, SKRect.Create(width, height), sampling);
        return [.. panels.Select(panel =>
        {
            var (left, top) = Corner(panel);
            var frame = SKRect.Create(left + ((_side - width) / 2), top + ((_side - height) / 2), width, height);
            Canvas.DrawSurface(fitted, frame.Left, frame.Top);
            return frame;
        })];
    }

    /// <summary>Draws an attention map, [side, side] row-major, over a panel's image, with a circle at its peak, and the scale below.</summary>
    public void Attention(int panel, SKRect frame, float[] attention, int side, AttentionScale scale)
    {
        using var heat = Picture.OfAttention(attention, side, scale);
        Canvas.DrawImage(heat, frame, new SKSamplingOptions(SKFilterMode.Linear));
        var (row, column) = Math.DivRem(System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(attention), side);
        using var ring = new SKPaint { Color = SKColors.Cyan, IsStroke = true, StrokeWidth = 2, IsAntialias = true };
        // Wide enough to show the colour of a sharp peak.
        var (x, y) = (frame.Left + ((column + 0.5f) / side * frame.Width), frame.Top + ((row + 0.5f) / side * frame.Height));
        Canvas.DrawCircle(x, y, _side / 28f, ring);
        Scale(panel, scale);
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

    /// <summary>Writes below a panel: up to two lines.</summary>
    public void Label(int panel, params IEnumerable<Paragraph> lines)
    {
        var (left, top) = Corner(panel);
        new TextBlock(lines, _side).Draw(Canvas, left, top + _side + 3, _theme);
    }

    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string path) => Picture.Write(_surface, path);

    public void Dispose() => _surface.Dispose();

    /// <summary>The colours between the numbers that they stand for, on gray as over an image.</summary>
    private void Scale(int panel, AttentionScale scale)
    {
        var (left, top) = Corner(panel);
        using var font = TextBlock.FontOf(TextStyle.Detail);
        using var paint = new SKPaint { Color = _theme.Detail, IsAntialias = true };
        var baseline = top + _side + LabelHeight - 4;
        var from = AttentionScale.Format(scale.From);
        var bar = SKRect.Create(left + font.MeasureText(from) + 6, baseline - 10, ScaleWidth, 11);
        Canvas.DrawText(from, left, baseline, SKTextAlign.Left, font, paint);
        Canvas.DrawText($"{AttentionScale.Format(scale.To)} × mean", bar.Right + 6, baseline, SKTextAlign.Left, font, paint);
        for (var x = 0; x < ScaleWidth; x++)
        {
            foreach (var colour in new[] { SKColors.Gray, Picture.Heat(x / (ScaleWidth - 1f)) })
            {
                paint.Color = colour;
                Canvas.DrawRect(bar.Left + x, bar.Top, 1, bar.Height, paint);
            }
        }
    }

    private (int Left, int Top) Corner(int panel) =>
        (Gap + (panel % _columns * (_side + Gap)), _top + (panel / _columns * (_side + LabelHeight + Gap)));
}
