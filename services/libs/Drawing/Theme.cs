using SkiaSharp;

namespace MedMoE.Mesh.Drawing;

/// <summary>Colours of a picture around its images.</summary>
public sealed record Theme(SKColor Background, SKColor Text, SKColor Detail, SKColor Warning)
{
    public static Theme Dark { get; } = new(new SKColor(24, 26, 30), SKColors.White, new SKColor(170, 176, 186), new SKColor(255, 190, 90));

    public static Theme Light { get; } = new(SKColors.White, new SKColor(20, 22, 26), new SKColor(90, 96, 106), new SKColor(176, 64, 0));

    internal SKColor ColourOf(TextStyle style) => style switch
    {
        TextStyle.Detail => Detail,
        TextStyle.Warning => Warning,
        _ => Text,
    };
}
