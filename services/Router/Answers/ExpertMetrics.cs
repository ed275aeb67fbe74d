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

    public ExpertMetrics(Meter meter, RouterGate gate)
    {
        _requests = gate.Manifest.Experts.ToFrozenDictionary(expert => expert.Name, _ => new StrongBox<long>());
        meter.CreateObservableCounter(
            "medmoe.expert.requests",
            () => _requests.Select(r => new Measurement<long>(Volatile.Read(ref r.Value.Value), new KeyValuePair<string, object?>("expert", r.Key))),
            "{request}", "Requests for an expert, answered or not.");
    }

    public void Asked(string expert) => Interlocked.Increment(ref _requests[expert].Value);
}
