using System.Text.Json;
using System.Text.Json.Serialization;
using Google.Protobuf.Reflection;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.LoadTester.Calls;
using MedMoE.Mesh.LoadTester.Configuration;

namespace MedMoE.Mesh.LoadTester.Checking;

/// <summary>Limits for a run.</summary>
internal sealed record Limits
{
    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <summary>Minimum share of calls with status OK, 0..1. Default: all of them.</summary>
    public double? Ok { get; init; }

    /// <summary>Minimum number of ended calls. Default 1.</summary>
    public long? Fewest { get; init; }

    /// <summary>Maximum latency in milliseconds by percentile: {"50": 20, "99": 200}. ghz reports 10, 25, 50, 75, 90, 95 and 99.</summary>
    public IReadOnlyDictionary<int, double>? LatencyMs { get; init; }

    /// <summary>Expected answers, see <see cref="ExpectedAnswers"/>: one for all calls, or one for each message of the fixture.</summary>
    public IReadOnlyList<JsonElement>? Answers { get; init; }

    /// <summary>Reads the limits of a run: those under "default", overridden by those under the run's name or the longest prefix of it.</summary>
    /// <exception cref="LoadException">The file is not a file of limits.</exception>
    public static Limits Read(string file, string run)
    {
        Dictionary<string, Limits> all;
        try
        {
            all = JsonSerializer.Deserialize<Dictionary<string, Limits>>(CommandHost.ReadFile(file), _json)
                ?? throw new LoadException($"{file}: null");
        }
        catch (JsonException e)
        {
            throw new LoadException($"{file}: not limits: {JsonFault.Of(e)}");
        }
        var (own, general) = (Find(all, run), all.GetValueOrDefault("default"));
        return new Limits
        {
            Ok = own?.Ok ?? general?.Ok ?? 1,
            Fewest = own?.Fewest ?? general?.Fewest ?? 1,
            LatencyMs = own?.LatencyMs ?? general?.LatencyMs,
            Answers = own?.Answers,
        };
    }

    /// <summary>Null if no answers are given.</summary>
    public ExpectedAnswers? ExpectedOf(MethodDescriptor method) => Answers is { Count: > 0 } ? new ExpectedAnswers(method, Answers) : null;

    private static Limits? Find(Dictionary<string, Limits> all, string run) =>
        all.Where(l => run == l.Key || run.StartsWith(l.Key + ", ", StringComparison.Ordinal))
            .OrderByDescending(l => l.Key.Length).FirstOrDefault().Value;
}
