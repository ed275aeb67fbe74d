using System.Text.Json;
using Google.Protobuf;
using MedMoE.Mesh.LoadTester.Configuration;

namespace MedMoE.Mesh.LoadTester.Fixtures;

internal sealed record StudyFile(string Type, ByteString Image, string Report);

/// <summary>Reads the studies that <c>mesh phantoms</c> makes.</summary>
internal static class StudyFiles
{
    /// <exception cref="LoadException">The folder has no manifest.</exception>
    public static IReadOnlyList<StudyFile> Read(string folder)
    {
        var manifest = Path.Combine(folder, "manifest.jsonl");
        if (!File.Exists(manifest))
        {
            throw new LoadException($"{manifest}: no such file");
        }
        return [.. File.ReadLines(manifest).Select(line =>
        {
            using var study = JsonDocument.Parse(line);
            string Text(string name) => study.RootElement.GetProperty(name).GetString()!;
            return new StudyFile(Text("type"), ByteString.CopyFrom(File.ReadAllBytes(Path.Combine(folder, Text("image")))), Text("report"));
        })];
    }
}
