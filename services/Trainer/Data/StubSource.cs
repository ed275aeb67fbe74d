using System.Text.Json;

namespace MedMoE.Mesh.Trainer.Data;

internal sealed class StudySource(string folder, IReadOnlyList<string> types)
{
    public static StudySource Open(string data, IReadOnlyList<string> types) => new(data, types);

    public IEnumerable<Study> ReadAll()
    {
        foreach (var line in File.ReadLines(Path.Combine(folder, "manifest.jsonl")))
        {
            var json = JsonDocument.Parse(line).RootElement;
            yield return new Study(json.GetProperty("key").GetString()!, File.ReadAllBytes(Path.Combine(folder, json.GetProperty("image").GetString()!)),
                json.GetProperty("report").GetString()!, types.ToList().IndexOf(json.GetProperty("type").GetString()!), []);
        }
    }
}
