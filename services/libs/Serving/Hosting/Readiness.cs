using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>
/// Whether a service accepts calls: from its warm-up run until shutdown. grpc.health.v1 reports it for the whole port ("") and for each service on it
/// by full name.
/// </summary>
public sealed class Readiness : IHealthCheck
{
    private readonly HealthServiceImpl _health;
    private readonly Lock _lock = new();
    // Services on this port, and whether each has a reachable process.
    private readonly Dictionary<string, bool> _services = new() { [""] = true };
    private bool _warm;
    private volatile bool _stopping;

    public Readiness(HealthServiceImpl health)
    {
        _health = health;
        Change(() => { });
    }

    /// <summary>New calls get UNAVAILABLE; running ones finish.</summary>
    public bool IsStopping => _stopping;

    public void WarmedUp() => Change(() => _warm = true);

    public void Stopping() => Change(() => _stopping = true);

    /// <summary>
    /// Reports the health of a service, by its full name such as "medmoe.mesh.v1.RouterService". <paramref name="isThere"/> is false while another
    /// process, which answers its calls, is not reachable.
    /// </summary>
    public void Serves(string name, bool isThere = true) => Change(() => _services[name] = isThere);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return Task.FromResult(_warm && !_stopping ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("warming up or stopping"));
        }
    }

    private void Change(Action change)
    {
        lock (_lock)
        {
            change();
            foreach (var (name, isThere) in _services)
            {
                _health.SetStatus(name, _warm && !_stopping && isThere
                    ? HealthCheckResponse.Types.ServingStatus.Serving : HealthCheckResponse.Types.ServingStatus.NotServing);
            }
        }
    }
}
