using Microsoft.Extensions.Hosting;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>Runs a model once before the service says that it is ready.</summary>
internal sealed class WarmUp(Func<CancellationToken, Task> run, Readiness readiness) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await run(stoppingToken);
        readiness.WarmedUp();
    }
}
