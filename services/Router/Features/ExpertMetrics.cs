using System.Diagnostics.Metrics;

namespace MedMoE.Mesh.Router.Features;

/// <summary>What the router tells of the experts it asks.</summary>
internal sealed class ExpertMetrics(Meter meter)
{
    private readonly Counter<long> _requests = meter.CreateCounter<long>(
        "medmoe.expert.requests", "{request}", "Requests that go to an expert, by its name, whether it answers or not: what wakes one that has no replicas.");

    public void Asked(string expert) => _requests.Add(1, new KeyValuePair<string, object?>("expert", expert));
}
