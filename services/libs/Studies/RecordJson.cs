using System.Text.Json;
using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Studies;

/// <summary>
/// A record as JSON: a line of <c>manifest.jsonl</c>, or a shard's <c>.json</c> member, which has only type and findings. Unknown fields are ignored.
/// </summary>
internal sealed record RecordJson(string? Key, string? Image, string? Report, string? Type, IReadOnlyList<FindingJson?>? Findings)
{
    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        AllowDuplicateProperties = false,
    };

    /// <exception cref="BadRecordException">Not JSON, or a field has a wrong type.</exception>
    public static RecordJson Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonSerializer.Deserialize<RecordJson>(utf8, _json) ?? throw new BadRecordException("JSON: null");
        }
        catch (JsonException e)
        {
            // The exception's own message may quote data.
            var at = e.LineNumber > 0 ? JsonFault.Place(e) : $"column {e.BytePositionInLine + 1}";
            throw new BadRecordException($"JSON cannot be read at {at}{(JsonFault.FieldOf(e) is { } field ? $", {field}" : "")}");
        }
    }
}

/// <summary>A finding as JSON: the box as left, top, width, height in pixels; the mask as a path or as a member of the same record.</summary>
internal sealed record FindingJson(string? Name, string? Phrase, IReadOnlyList<int>? Box, string? Mask)
{
    /// <exception cref="BadRecordException">A field is missing or invalid, or the mask cannot be read.</exception>
    public static IReadOnlyList<Finding> ToFindings(IReadOnlyList<FindingJson?>? findings, Func<string, byte[]> mask) =>
        [.. (findings ?? []).Select(finding => finding is null ? throw new BadRecordException("a finding that is null") : finding.ToFinding(mask))];

    private Finding ToFinding(Func<string, byte[]> mask)
    {
        if (string.IsNullOrWhiteSpace(Name) || string.IsNullOrWhiteSpace(Phrase))
        {
            throw new BadRecordException("a finding without name or phrase");
        }
        if (Box is not [var left, var top, > 0 and var width, > 0 and var height] || left < 0 || top < 0)
        {
            throw new BadRecordException($"finding \"{Name}\": box is not [left, top, width, height] in pixels");
        }
        return new Finding(Name, Phrase, new Box(left, top, width, height), Mask is null ? null : mask(Mask));
    }
}
