using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using MedMoE.Mesh.Router.Gating;

namespace MedMoE.Mesh.Router.Answers;

/// <summary>
/// Counts requests by expert, answered or not: autoscaling starts an expert without replicas by them. All experts of the bundle are reported as zero
/// from the start, because a rate counts the first request only if there was a zero before.
/// </summary>
internal sealed class ExpertMetrics
{
    private readonly FrozenDictionary<string, StrongBox<long>> _requests;
    private readonly FrozenDictionary<string, StrongBox<int>> _waiting;

    public ExpertMetrics(Meter meter, RouterGate gate)
    {
        _requests = gate.Manifest.Experts.ToFrozenDictionary(expert => expert.Name, _ => new StrongBox<long>());
        meter.CreateObservableCounter(
            "medmoe.expert.requests",
            () => _requests.Select(r => new Measurement<long>(Volatile.Read(ref r.Value.Value), new KeyValuePair<string, object?>("expert", r.Key))),
            "{request}", "Requests for an expert, answered or not.");
        _waiting = gate.Manifest.Experts.ToFrozenDictionary(expert => expert.Name, _ => new StrongBox<int>());
        meter.CreateObservableUpDownCounter(
            "medmoe.expert.waiting",
            () => _waiting.Keys.Select(expert => new Measurement<int>(Waiting(expert), new KeyValuePair<string, object?>("expert", expert))),
            "{request}", "Requests that wait for an expert's first replica.");
    }

    public void Asked(string expert) => Interlocked.Increment(ref _requests[expert].Value);

    public int Waiting(string expert) => Volatile.Read(ref _waiting[expert].Value);

    /// <summary>Counts a request that waits for the first replica, unless as many already do.</summary>
    public bool TryWait(string expert, int most)
    {
        if (Interlocked.Increment(ref _waiting[expert].Value) <= most)
        {
            return true;
        }
        Waited(expert);
        return false;
    }

    public void Waited(string expert) => Interlocked.Decrement(ref _waiting[expert].Value);
}
