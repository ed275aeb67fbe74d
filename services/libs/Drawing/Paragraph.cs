namespace MedMoE.Mesh.Drawing;

/// <summary>A text of a picture, which is wrapped to the picture's width.</summary>
/// <param name="Text">White space is a single space.</param>
/// <param name="Style">Size and colour.</param>
/// <param name="MostLines">Of a longer text the last line ends with "…".</param>
public sealed record Paragraph(string Text, TextStyle Style = TextStyle.Body, int MostLines = int.MaxValue);

public enum TextStyle
{
    Title,
    Body,
    Detail,
    Warning,
}
