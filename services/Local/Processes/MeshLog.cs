namespace MedMoE.Mesh.Local.Processes;

/// <summary>What the mesh tells, and its services' own lines, each with the replica's name in front; one line at a time.</summary>
/// <param name="output">Where to.</param>
/// <param name="colours">Whether names are coloured, as on a terminal.</param>
internal sealed class MeshLog(TextWriter output, bool colours)
{
    private const int Cyan = 36;
    private const int FirstColour = 31;
    private const int Colours = 6;

    private readonly Lock _lock = new();

    /// <summary>A line of a replica.</summary>
    public void Pass(string replica, string line) => Write($"{Coloured(replica, FirstColour + (replica.Sum(c => c) % Colours))} | {line}");

    /// <summary>A line of the mesh itself.</summary>
    public void Tell(string line) => Write($"{Coloured("mesh", Cyan)} | {line}");

    /// <summary>Text as it stands.</summary>
    public void Write(string text)
    {
        lock (_lock)
        {
            output.WriteLine(text);
            output.Flush();
        }
    }

    private string Coloured(string text, int colour) => colours ? $"\e[{colour}m{text}\e[0m" : text;
}
