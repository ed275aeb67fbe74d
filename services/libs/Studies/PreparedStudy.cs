using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Studies;

/// <summary>
/// A study as input of the networks: normalised pixels, [3, size, size]; the tokens of the report, at least one word, truncated to the bundle's
/// limit; the image's size in pixels before resizing, which findings refer to; a note in one line, or null.
/// </summary>
public sealed record PreparedStudy(Study Study, float[] Pixels, Tokens Tokens, int Width, int Height, string? Note)
{
    public string Key => Study.Key;

    public int ReportType => Study.ReportType;

    public IReadOnlyList<Finding> Findings => Study.Findings;
}

/// <summary>A batch for the contrastive losses, with its index in the epoch, from 0.</summary>
public sealed record PreparedBatch(int Index, IReadOnlyList<PreparedStudy> Studies);
