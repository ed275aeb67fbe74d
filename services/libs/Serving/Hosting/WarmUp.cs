using Microsoft.Extensions.DependencyInjection;
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

public static class WarmUpRegistration
{
    /// <summary>The service is ready when this has run.</summary>
    public static IServiceCollection AddWarmUp<TModel>(this IServiceCollection services, Func<TModel, CancellationToken, Task> run)
        where TModel : notnull =>
        services.AddHostedService(provider => new WarmUp(
            stop => run(provider.GetRequiredService<TModel>(), stop), provider.GetRequiredService<Readiness>()));
}
