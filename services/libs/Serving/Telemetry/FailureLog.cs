using System.Globalization;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace MedMoE.Mesh.Serving.Telemetry;

/// <summary>
/// A line for each call that failed for the mesh's reasons, without anything of its content. Callers' faults are only counted. When a service is
/// down, every call fails: a few lines a second are enough, and the next one gives the number of the others.
/// </summary>
public sealed partial class FailureLog(TimeProvider time, ILogger<FailureLog> logger)
{
    private const int LinesPerSecond = 5;

    private readonly Lock _lock = new();
    private long _second;
    private int _lines;
    private int _others;

    /// <param name="method">Of the call.</param>
    /// <param name="status">What the caller got.</param>
    /// <param name="detail">The mesh's own words.</param>
    /// <param name="duration">Of the call.</param>
    public void Add(string method, StatusCode status, string detail, TimeSpan duration)
    {
        if (status is not (StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Unknown or StatusCode.Internal or StatusCode.DataLoss))
        {
            return;
        }
        int others;
        lock (_lock)
        {
            var second = time.GetUtcNow().ToUnixTimeSeconds();
            (_second, _lines) = (second, second == _second ? _lines + 1 : 1);
            if (_lines > LinesPerSecond)
            {
                _others++;
                return;
            }
            (others, _others) = (_others, 0);
        }
        var seconds = duration.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);
        LogFailed(method.TrimStart('/'), seconds, status, detail, others == 0 ? "" : $"; {others} calls before it failed, too");
    }

    [LoggerMessage(LogLevel.Warning, "{Method} failed after {Seconds} s with {Status}: {Detail}{Others}")]
    private partial void LogFailed(string method, string seconds, StatusCode status, string detail, string others);
}
