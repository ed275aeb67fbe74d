using System.Globalization;

namespace MedMoE.Mesh.Serving.Batching;

/// <summary>
/// How fast a queue is served while there is more work than is served at once, as measured. What cannot be served before its deadline is refused at
/// once: it would wait for nothing, and others behind it longer. Not thread-safe.
/// </summary>
internal sealed class ServicePace
{
    // A mean over about the last ten measurements. It falls sooner than it rises: refusing too few costs less than refusing too many.
    private const double Weight = 0.1;
    private const double FallingWeight = 0.5;

    private double? _seconds;

    /// <summary>Measures that so many items took a time.</summary>
    /// <param name="items">How many.</param>
    /// <param name="time">Between the end of those before and theirs.</param>
    /// <param name="isBusy">Whether others waited meanwhile. If not, an item takes no longer than this, and perhaps less beside others.</param>
    public void Served(int items, TimeSpan time, bool isBusy)
    {
        var seconds = time.TotalSeconds / items;
        if (isBusy || seconds < _seconds)
        {
            _seconds = _seconds is { } before ? before + ((seconds - before) * (seconds < before ? FallingWeight : Weight)) : seconds;
        }
    }

    /// <summary>Whether an item can be served before its deadline. True while nothing is known, and if it is the next.</summary>
    /// <param name="ahead">Items that are served before it.</param>
    /// <param name="left">Time until its deadline.</param>
    public bool IsInTime(int ahead, TimeSpan left) => ahead == 0 || _seconds is not { } seconds || (ahead + 1) * seconds <= left.TotalSeconds;

    /// <summary>Why an item that is not in time is refused.</summary>
    public QueueFullException Refusal(int ahead, TimeSpan left, TimeSpan retryAfter) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"the deadline is in {Math.Max(0, left.TotalSeconds):0.##} s, and the queue ahead ({ahead}) takes about {ahead * _seconds:0.##} s"),
        retryAfter);
}
