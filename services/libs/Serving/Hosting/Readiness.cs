using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>Whether a service takes calls: after its warm-up run, and until it is told to stop.</summary>
public sealed class Readiness : IHealthCheck
{
    private volatile bool _ready;

    public bool IsReady => _ready;

    public void WarmedUp() => _ready = true;

    public void Stopping() => _ready = false;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_ready ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("warming up or stopping"));
}
