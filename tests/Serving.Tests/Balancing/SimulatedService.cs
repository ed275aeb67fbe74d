using Grpc.Core;
using MedMoE.Mesh.Serving.Balancing;
using Microsoft.Extensions.Time.Testing;

namespace MedMoE.Mesh.Serving.Tests.Balancing;

/// <summary>Replicas of one service and their calls, in time that the test moves: each replica does one call after the other.</summary>
internal sealed class SimulatedService
{
    private const string Method = "/service/method";

    private readonly FakeTimeProvider _time = new();
    private readonly Random _random = new(1);
    private readonly MethodPaces _paces = new();
    private readonly PriorityQueue<(MeasuredCall Call, TimeSpan Sent), TimeSpan> _ends = new();
    private readonly List<ReplicaLoad> _loads = [];
    private readonly List<TimeSpan> _busyUntil = [];
    private TimeSpan _now;

    /// <summary>The time of a call at each replica, without waiting.</summary>
    public List<TimeSpan> Times { get; } = [];

    public void Add(int replicas, TimeSpan time)
    {
        for (var i = 0; i < replicas; i++)
        {
            _loads.Add(new ReplicaLoad(_time));
            _busyUntil.Add(_now);
            Times.Add(time);
        }
    }

    /// <summary>Sends calls at random times.</summary>
    /// <returns>The share of each replica, and the times of all calls, in order.</returns>
    public (double[] Shares, TimeSpan[] Took) Run(TimeSpan length, double callsPerSecond)
    {
        var (end, counts, took) = (_now + length, new int[_loads.Count], new List<TimeSpan>());
        while (_now < end)
        {
            MoveTo(_now + TimeSpan.FromSeconds(-Math.Log(1 - _random.NextDouble()) / callsPerSecond), took);
            var place = ReplicaChoice.Of(_loads);
            counts[place]++;
            var call = new MeasuredCall(_paces, Method, isTimed: true, _time);
            call.SentTo(_loads[place]);
            var started = _busyUntil[place] > _now ? _busyUntil[place] : _now;
            _busyUntil[place] = started + (Times[place] * (0.7 + (0.6 * _random.NextDouble())));
            _ends.Enqueue((call, _now), _busyUntil[place]);
        }
        took.Sort();
        return ([.. counts.Select(count => count / (double)counts.Sum())], [.. took]);
    }

    private void MoveTo(TimeSpan next, List<TimeSpan> took)
    {
        while (_ends.TryPeek(out var ended, out var at) && at <= next)
        {
            _ends.Dequeue();
            Advance(at);
            ended.Call.Ended(StatusCode.OK);
            took.Add(at - ended.Sent);
        }
        Advance(next);
    }

    private void Advance(TimeSpan to)
    {
        _time.Advance(to - _now);
        _now = to;
    }
}
