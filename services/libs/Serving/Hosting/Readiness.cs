using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>Whether a service takes calls: after its warm-up run, and until it is told to stop.</summary>
public sealed class Readiness(HealthServiceImpl watched) : IHealthCheck
{
    private volatile bool _warm;
    private volatile bool _stopping;

    private bool IsReady => _warm && !_stopping;

    /// <summary>From here on new calls get UNAVAILABLE; those that run finish.</summary>
    public bool IsStopping => _stopping;

    public void WarmedUp()
    {
        _warm = true;
        // Watchers hear of it now, and not at the next round of checks.
        watched.SetStatus("", HealthCheckResponse.Types.ServingStatus.Serving);
    }

    public void Stopping() => _stopping = true;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(IsReady ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("warming up or stopping"));
}
