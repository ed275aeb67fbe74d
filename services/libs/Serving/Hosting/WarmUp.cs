using Microsoft.Extensions.Hosting;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>Runs a model once before the service reports ready.</summary>
internal sealed class WarmUp(IServedModel model, Readiness readiness) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await model.WarmUp(stoppingToken);
        readiness.WarmedUp();
    }
}
