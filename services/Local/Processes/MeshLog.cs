using System.Globalization;
using System.Text.Json;

namespace MedMoE.Mesh.Local.Processes;

/// <summary>
/// Log of the mesh and its services, one line at a time, each prefixed by the replica's name. As JSON, every line is an object: the services write
/// such lines themselves.
/// </summary>
internal sealed class MeshLog(TextWriter output, bool colours, bool json = false)
{
    private const string Mesh = "mesh";

    private const int Cyan = 36;
    private const int FirstColour = 31;
    private const int Colours = 6;

    private readonly Lock _lock = new();

    /// <summary>A line of a service.</summary>
    public void Pass(string replica, string line) => Line(
        json && line.StartsWith('{') ? line
        : json ? Json("error", replica, line)
        : $"{Coloured(replica, FirstColour + (replica.Sum(c => c) % Colours))} | {line}");

    /// <summary>A line of the mesh's own.</summary>
    public void Info(string line) => Line(json ? Json("information", Mesh, line) : $"{Coloured(Mesh, Cyan)} | {Time()} information {line}");

    /// <summary>Writes for the user, without a prefix.</summary>
    public void Write(string text) => Line(json ? Json("information", Mesh, text) : text);

    private static string Time() => DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private static string Json(string level, string replica, string message) =>
        JsonSerializer.Serialize(new { time = Time(), level, service = replica.Split('/')[0], replica, message });

    private void Line(string text)
    {
        lock (_lock)
        {
            output.WriteLine(text);
            output.Flush();
        }
    }

    private string Coloured(string text, int colour) => colours ? $"\e[{colour}m{text}\e[0m" : text;
}
