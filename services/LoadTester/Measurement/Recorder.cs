using Grpc.Core;
using HdrHistogram;

namespace MedMoE.Mesh.LoadTester.Measurement;

/// <summary>Records latencies and statuses of calls, without the first <c>skipFirst</c>. Thread-safe.</summary>
internal sealed class Recorder(int skipFirst)
{
    /// <summary>One hour, in microseconds; longer calls count as one hour.</summary>
    private const long Longest = 3_600_000_000;

    private readonly Lock _lock = new();
    private readonly LongHistogram _latencies = new(1, Longest, numberOfSignificantValueDigits: 3);
    private readonly SortedDictionary<string, long> _statuses = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _errors = new(StringComparer.Ordinal);
    private TimeSpan _sum;
    private int _skipped;
    private long _count;

    /// <summary>Latency counts from the call's intended start.</summary>
    public void Ended(TimeSpan latency, StatusCode status, string? error)
    {
        lock (_lock)
        {
            if (_skipped < skipFirst)
            {
                _skipped++;
                return;
            }
            _count++;
            _sum += latency;
            Add(_statuses, NameOf(status));
            if (error is not null)
            {
                Add(_errors, error);
            }
            else
            {
                // As in ghz: latencies of failed calls are not counted.
                _latencies.RecordValue(Math.Clamp((long)latency.TotalMicroseconds, 1, Longest));
            }
        }
    }

    public Measurements Sum(TimeSpan total)
    {
        lock (_lock)
        {
            return new Measurements(
                _count, total, _count > 0 ? _sum / _count : TimeSpan.Zero, (LongHistogram)_latencies.Copy(),
                new Dictionary<string, long>(_statuses), new Dictionary<string, long>(_errors));
        }
    }

    /// <summary>Spelling of Go's gRPC, and so of ghz.</summary>
    private static string NameOf(StatusCode status) => status == StatusCode.Cancelled ? "Canceled" : status.ToString();

    private static void Add(SortedDictionary<string, long> counts, string key) => counts[key] = counts.GetValueOrDefault(key) + 1;
}

/// <summary>Latencies are in microseconds, to three digits, and only of calls without an error.</summary>
internal sealed record Measurements(
    long Count, TimeSpan Total, TimeSpan Average, LongHistogram Latencies, IReadOnlyDictionary<string, long> Statuses,
    IReadOnlyDictionary<string, long> Errors);
