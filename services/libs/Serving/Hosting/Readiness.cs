using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>
/// Whether a service takes calls: after its warm-up run, and until it is told to stop. grpc.health.v1 tells it of the whole port ("") and of each
/// service on it by its full name.
/// </summary>
public sealed class Readiness : IHealthCheck
{
    private readonly HealthServiceImpl _health;
    private readonly Lock _lock = new();
    // Services on this port, and whether what stands behind each of them is there.
    private readonly Dictionary<string, bool> _services = new() { [""] = true };
    private bool _warm;
    private volatile bool _stopping;

    public Readiness(HealthServiceImpl health)
    {
        _health = health;
        Change(() => { });
    }

    /// <summary>From here on new calls get UNAVAILABLE; those that run finish.</summary>
    public bool IsStopping => _stopping;

    public void WarmedUp() => Change(() => _warm = true);

    public void Stopping() => Change(() => _stopping = true);

    /// <summary>Tells the health of a service on this port from now on.</summary>
    /// <param name="name">Its full name: "medmoe.mesh.v1.RouterService".</param>
    /// <param name="isThere">Whether what answers its calls is there; where this process does, it always is.</param>
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
