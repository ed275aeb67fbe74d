using System.Text.Json;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Trainer.Data;

namespace MedMoE.Mesh.Trainer.Evaluation;

/// <summary>Studies of a folder's <c>manifest.jsonl</c>, in its order.</summary>
internal static class ManifestStudies
{
    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static IEnumerable<Study> Read(string folder, BundleManifest bundle)
    {
        foreach (var (line, number) in File.ReadLines(Path.Combine(folder, "manifest.jsonl")).Select((line, i) => (line, i + 1)))
        {
            var record = JsonSerializer.Deserialize<Record>(line, _json)!;
            var type = bundle.IndexOf(record.Type);
            if (type < 0)
            {
                throw new InvalidEvaluationException($"manifest.jsonl, line {number}: no expert {record.Type} in the bundle");
            }
            yield return new Study(
                record.Key ?? Path.GetFileNameWithoutExtension(record.Image),
                File.ReadAllBytes(Path.Combine(folder, record.Image)),
                record.Report,
                type,
                [.. (record.Findings ?? []).Select(f => new Finding(
                    f.Name, f.Phrase, new Box(f.Box[0], f.Box[1], f.Box[2], f.Box[3]), f.Mask is null ? null : File.ReadAllBytes(Path.Combine(folder, f.Mask))))]);
        }
    }

    private sealed record Record(string? Key, string Image, string Report, string Type, FindingRecord[]? Findings);

    private sealed record FindingRecord(string Name, string Phrase, int[] Box, string? Mask);
}
