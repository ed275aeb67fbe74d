using ScottPlot;
using SkiaSharp;

namespace MedMoE.Mesh.Drawing;

/// <summary>Plots in one style, with the font shipped with the program.</summary>
public static class Figure
{
    private const string Font = "DejaVu Sans (shipped)";
    private const int Margin = 12;

    static Figure()
    {
        Fonts.FontResolvers.Insert(0, new ShippedFont());
        Fonts.Default = Font;
    }

    /// <summary>An empty plot; axis labels include units.</summary>
    public static Plot New(string title, string x, string y)
    {
        var plot = new Plot();
        plot.Font.Set(Font);
        plot.Title(title, 16);
        plot.XLabel(x, 14);
        plot.YLabel(y, 14);
        plot.Grid.MajorLineColor = Colors.Black.WithAlpha(.08);
        return plot;
    }

    /// <summary>Shows the legend in a row below the axes, where it hides no curve.</summary>
    public static void ShowLegend(Plot plot)
    {
        var panel = plot.ShowLegend(Edge.Bottom);
        (panel.Alignment, panel.Padding) = (Alignment.UpperCenter, new PixelPadding(0));
        (plot.Legend.Orientation, plot.Legend.TightHorizontalWrapping, plot.Legend.Margin) = (Orientation.Horizontal, true, new PixelPadding(0));
        (plot.Legend.OutlineWidth, plot.Legend.ShadowColor) = (0, Colors.Transparent);
    }

    /// <summary>
    /// Writes several plots below a title into one PNG and disposes them. The plots of the last row share its width; the title's height is added.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, string title, string detail, IReadOnlyList<Plot> plots, int columns, int width, int height)
    {
        var header = new TextBlock([new(title, TextStyle.Title), new(detail, TextStyle.Detail)], width - (2 * Margin));
        var (top, rows) = ((2 * Margin) + header.Height, (plots.Count + columns - 1) / columns);
        using var surface = SKSurface.Create(new SKImageInfo(width, (int)top + height, SKColorType.Rgba8888, SKAlphaType.Premul));
        surface.Canvas.Clear(SKColors.White);
        header.Draw(surface.Canvas, Margin, Margin, Theme.Light);
        foreach (var (row, own) in plots.Chunk(columns).Index())
        {
            foreach (var (column, plot) in own.Index())
            {
                var place = new PixelRect(
                    width * column / own.Length, width * (column + 1) / own.Length, top + (height * (row + 1) / rows), top + (height * row / rows));
                surface.Canvas.Save();
                // A plot clears all that it may.
                surface.Canvas.ClipRect(place.ToSKRect());
                plot.Render(surface.Canvas, place);
                surface.Canvas.Restore();
                plot.Dispose();
            }
        }
        Picture.Write(surface, path);
    }

    private sealed class ShippedFont : IFontResolver
    {
        public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
            fontName == Font ? Lettering.Typeface : null;

        public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => fontName == Font ? Lettering.Typeface : null;
    }
}
