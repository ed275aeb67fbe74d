using System.Text.Json;
using System.Text.Json.Serialization;
using HdrHistogram;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.LoadTester.Configuration;
using MedMoE.Mesh.LoadTester.Measurement;
using MedMoE.Mesh.LoadTester.Schedules;

namespace MedMoE.Mesh.LoadTester.Output;

/// <summary>The measurements of a run as ghz's JSON (ghz, runner/reporter.go), without single calls. Times are in nanoseconds.</summary>
internal sealed record Report
{
    private static readonly int[] _percentiles = [10, 25, 50, 75, 90, 95, 99];

    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public string Name { get; init; } = "";

    public string EndReason { get; init; } = "";

    public DateTimeOffset Date { get; init; }

    public required ReportOptions Options { get; init; }

    public long Count { get; init; }

    public long Total { get; init; }

    public long Average { get; init; }

    public long Fastest { get; init; }

    public long Slowest { get; init; }

    /// <summary>Calls per second.</summary>
    public double Rps { get; init; }

    public IReadOnlyDictionary<string, long> ErrorDistribution { get; init; } = new Dictionary<string, long>();

    public IReadOnlyDictionary<string, long> StatusCodeDistribution { get; init; } = new Dictionary<string, long>();

    public IReadOnlyList<LatencyShare> LatencyDistribution { get; init; } = [];

    public IReadOnlyList<Bucket> Histogram { get; init; } = [];

    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    public static Report Of(LoadConfig config, EndReason reason, Measurements measured)
    {
        var latencies = measured.Latencies;
        var any = latencies.TotalCount > 0;
        return new Report
        {
            Name = config.Name,
            EndReason = reason.ToString().ToLowerInvariant(),
            Date = DateTimeOffset.Now,
            Options = new ReportOptions(
                config.Call, config.Host, config.Async, config.Rps, config.Concurrency.At(TimeSpan.Zero), Nanoseconds(config.Duration ?? default)),
            Count = measured.Count,
            Total = Nanoseconds(measured.Total),
            Average = Nanoseconds(measured.Average),
            Fastest = any ? 1000 * latencies.RecordedValues().First().ValueIteratedTo : 0,
            Slowest = any ? 1000 * latencies.GetMaxValue() : 0,
            Rps = measured.Total > TimeSpan.Zero ? measured.Count / measured.Total.TotalSeconds : 0,
            ErrorDistribution = measured.Errors,
            StatusCodeDistribution = measured.Statuses,
            LatencyDistribution = any ? [.. _percentiles.Select(p => new LatencyShare(p, 1000 * latencies.GetValueAtPercentile(p)))] : [],
            Histogram = any ? Buckets(latencies) : [],
            Tags = config.Tags.Count > 0 ? config.Tags : null,
        };
    }

    /// <summary>Reads a report of this tool or of ghz.</summary>
    /// <exception cref="LoadException">The file is not a report.</exception>
    public static Report Read(string file)
    {
        try
        {
            var report = JsonSerializer.Deserialize<Report>(CommandHost.ReadFile(file), _json);
            // ghz writes null if no call has ended.
            return report is null ? throw new LoadException($"{file}: not a report") : report with
            {
                ErrorDistribution = report.ErrorDistribution ?? new Dictionary<string, long>(),
                StatusCodeDistribution = report.StatusCodeDistribution ?? new Dictionary<string, long>(),
                LatencyDistribution = report.LatencyDistribution ?? [],
            };
        }
        catch (JsonException e)
        {
            throw new LoadException($"{file}: not a report of ghz: {JsonFault.Of(e)}");
        }
    }

    public void Write(string file) => File.WriteAllBytes(file, JsonSerializer.SerializeToUtf8Bytes(this, _json));

    /// <summary>As in ghz: one bucket for the fastest call, and ten of equal width up to the slowest.</summary>
    private static Bucket[] Buckets(LongHistogram latencies)
    {
        var (fastest, slowest) = (latencies.RecordedValues().First().ValueIteratedTo, latencies.GetMaxValue());
        var marks = Enumerable.Range(0, 11).Select(i => fastest + ((slowest - fastest) * i / 10.0)).ToArray();
        var counts = new long[marks.Length];
        foreach (var value in latencies.RecordedValues())
        {
            var bucket = Array.FindIndex(marks, mark => value.ValueIteratedTo <= mark);
            counts[bucket < 0 ? marks.Length - 1 : bucket] += value.CountAddedInThisIterationStep;
        }
        return [.. marks.Zip(counts, (mark, count) => new Bucket(mark / 1e6, count, (double)count / latencies.TotalCount))];
    }

    private static long Nanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;
}

/// <summary>Maximum latency, in nanoseconds, of this percentage of the calls without an error.</summary>
internal sealed record LatencyShare(int Percentage, long Latency);

/// <summary><paramref name="Mark"/> is the upper end in seconds.</summary>
internal sealed record Bucket(double Mark, long Count, double Frequency);

/// <summary>The options of the run that a check needs.</summary>
internal sealed record ReportOptions(string? Call, string? Host, bool Async, int Rps, int Concurrency, long Duration);
