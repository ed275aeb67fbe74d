using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Studies;

/// <summary>A study as the networks take it.</summary>
/// <param name="Study">What it was made of.</param>
/// <param name="Pixels">[3, size, size], normalised.</param>
/// <param name="Tokens">Of its report, cut at the bundle's most; a word at least.</param>
/// <param name="Width">Pixels of the image before it was resized; findings are in these.</param>
/// <param name="Height">The same.</param>
/// <param name="Note">What is to be told of its image, in one line; null for nothing.</param>
public sealed record PreparedStudy(Study Study, float[] Pixels, Tokens Tokens, int Width, int Height, string? Note)
{
    public string Key => Study.Key;

    public int ReportType => Study.ReportType;

    public IReadOnlyList<Finding> Findings => Study.Findings;
}

/// <summary>Studies that are contrasted with each other.</summary>
/// <param name="Index">Which batch of its epoch, from 0.</param>
/// <param name="Studies">As many as the batch size.</param>
public sealed record PreparedBatch(int Index, IReadOnlyList<PreparedStudy> Studies);
