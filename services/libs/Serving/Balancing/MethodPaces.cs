using System.Collections.Concurrent;

namespace MedMoE.Mesh.Serving.Balancing;

/// <summary>The mean times of a service's methods over all its replicas. Replicas are compared by ratios to them, whatever calls each had.</summary>
public sealed class MethodPaces
{
    /// <summary>The largest ratio that one call counts, and the inverse of the least.</summary>
    internal const double MaxRatio = 8;

    // A mean over about the last 20 calls.
    private const double Weight = 0.05;

    private readonly ConcurrentDictionary<string, Pace> _paces = [];

    /// <summary>The ratio of a call's time to the mean of the calls before it, which it then changes.</summary>
    internal double RatioOf(string method, TimeSpan time) => _paces.GetOrAdd(method, _ => new Pace()).Add(time.TotalSeconds);

    /// <summary>The same ratio for a call that was broken off, which changes nothing.</summary>
    internal double LeastRatioOf(string method, TimeSpan time) => _paces.TryGetValue(method, out var pace) ? pace.RatioOf(time.TotalSeconds) : 1;

    private sealed class Pace
    {
        private readonly Lock _gate = new();
        private double _mean;
        private int _calls;

        public double RatioOf(double seconds)
        {
            lock (_gate)
            {
                return Ratio(seconds);
            }
        }

        public double Add(double seconds)
        {
            lock (_gate)
            {
                var ratio = Ratio(seconds);
                _calls++;
                var bounded = _calls == 1 ? seconds : ratio * _mean;
                _mean += (bounded - _mean) * Math.Max(Weight, 1.0 / _calls);
                return ratio;
            }
        }

        private double Ratio(double seconds) => _mean > 0 ? Math.Clamp(seconds / _mean, 1 / MaxRatio, MaxRatio) : 1;
    }
}
