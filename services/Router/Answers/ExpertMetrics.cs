using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using MedMoE.Mesh.Router.Gating;

namespace MedMoE.Mesh.Router.Answers;

/// <summary>
/// What the router tells of the experts it asks: requests that go to each, by its name, whether it answers or not, which is what wakes
/// one that has no replicas. All experts of the bundle are told from the start: a rate sees a first request only where there was a
/// zero before.
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
            "{request}", "Requests that go to an expert, whether it answers or not.");
    }

    public void Asked(string expert) => Interlocked.Increment(ref _requests[expert].Value);
}
