using System.Globalization;
using System.Text.Json;

namespace MedMoE.Mesh.Local.Processes;

/// <summary>
/// Log of the mesh and its services, one line at a time, each prefixed by the replica's name. As JSON, every line is an object: the services write
/// such lines themselves, and what is for people goes elsewhere.
/// </summary>
/// <param name="output">Takes the log.</param>
/// <param name="colours">Whether the replicas' names are coloured.</param>
/// <param name="besideJson">Takes what is for people, where the log is JSON; null for a log as text.</param>
internal sealed class MeshLog(TextWriter output, bool colours, TextWriter? besideJson = null)
{
    private const string Mesh = "mesh";

    private const int Cyan = 36;
    private const int FirstColour = 31;
    private const int Colours = 6;

    private readonly Lock _lock = new();

    private bool IsJson => besideJson is not null;

    /// <summary>A line of a service.</summary>
    public void Pass(string replica, string line) => Line(
        IsJson && line.StartsWith('{') ? line
        : IsJson ? Json("error", replica, line)
        : $"{Coloured(replica, FirstColour + (replica.Sum(c => c) % Colours))} | {line}");

    /// <summary>A line of the mesh's own.</summary>
    public void Info(string line) => Own("information", line);

    /// <summary>A line of the mesh's own about what should not have happened.</summary>
    public void Warn(string line) => Own("warning", line);

    /// <summary>A line that programs wait for: without a prefix, in JSON a message.</summary>
    public void Signal(string line) => Line(IsJson ? Json("information", Mesh, line) : line);

    /// <summary>Writes for people, without a prefix.</summary>
    public void Write(string text) => Line(text, besideJson ?? output);

    private static string Time() => DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private static string Json(string level, string replica, string message) =>
        JsonSerializer.Serialize(new { time = Time(), level, service = replica.Split('/')[0], replica, message });

    private void Own(string level, string line) => Line(IsJson ? Json(level, Mesh, line) : $"{Coloured(Mesh, Cyan)} | {Time()} {level} {line}");

    private void Line(string text) => Line(text, output);

    private void Line(string text, TextWriter to)
    {
        lock (_lock)
        {
            to.WriteLine(text);
            to.Flush();
        }
    }

    private string Coloured(string text, int colour) => colours ? $"\e[{colour}m{text}\e[0m" : text;
}
