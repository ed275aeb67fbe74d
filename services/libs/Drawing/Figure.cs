using ScottPlot;
using SkiaSharp;

namespace MedMoE.Mesh.Drawing;

/// <summary>Plots in one style, with the font shipped with the program.</summary>
public static class Figure
{
    private const string Font = "DejaVu Sans (shipped)";

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

    /// <summary>Writes several plots side by side into one PNG and disposes them.</summary>
    public static void Write(string path, IReadOnlyList<Plot> plots, int columns, int width, int height)
    {
        var multiplot = new Multiplot();
        multiplot.RemovePlot(multiplot.GetPlot(0));
        foreach (var plot in plots)
        {
            multiplot.AddPlot(plot);
        }
        multiplot.Layout = new ScottPlot.MultiplotLayouts.Grid((plots.Count + columns - 1) / columns, columns);
        multiplot.SavePng(path, width, height);
        foreach (var plot in plots)
        {
            plot.Dispose();
        }
    }

    private sealed class ShippedFont : IFontResolver
    {
        public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
            fontName == Font ? Lettering.Typeface : null;

        public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => fontName == Font ? Lettering.Typeface : null;
    }
}
