namespace MedMoE.Mesh.Local.Processes;

/// <summary>Log of the mesh and its services, one line at a time, each prefixed by the replica's name.</summary>
internal sealed class MeshLog(TextWriter output, bool colours)
{
    private const int Cyan = 36;
    private const int FirstColour = 31;
    private const int Colours = 6;

    private readonly Lock _lock = new();

    public void Pass(string replica, string line) => Write($"{Coloured(replica, FirstColour + (replica.Sum(c => c) % Colours))} | {line}");

    public void Info(string line) => Write($"{Coloured("mesh", Cyan)} | {line}");

    /// <summary>Writes without a prefix.</summary>
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
