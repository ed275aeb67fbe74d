using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>The part of a bundle that a service runs.</summary>
public interface IServedModel
{
    /// <summary>What every answer says of it.</summary>
    ModelInfo Info { get; }

    /// <summary>One run, so that the first caller does not wait for what the first run sets up.</summary>
    Task WarmUp(CancellationToken cancellation);
}

public static class ServedModel
{
    /// <summary>The service has this model, and is ready when it has run once.</summary>
    public static void AddModel<TModel>(this IServiceCollection services)
        where TModel : class, IServedModel
    {
        services.AddOptions<ModelOptions>().BindConfiguration(ModelOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<TModel>();
        services.AddSingleton(provider => provider.GetRequiredService<TModel>().Info);
        services.AddHostedService(provider => new WarmUp(
            provider.GetRequiredService<TModel>().WarmUp, provider.GetRequiredService<Readiness>()));
    }

    /// <summary>Maps the model's own rpcs and those that tell what it is.</summary>
    public static void MapModel<TEndpoint>(this WebApplication app)
        where TEndpoint : class
    {
        app.MapServing();
        app.MapGrpcService<TEndpoint>();
        app.MapGrpcService<ModelEndpoint>();
        // Loaded now, so that what is wrong with the bundle is told before the host starts, and by itself.
        app.Services.GetRequiredService<ModelInfo>();
    }

    /// <summary>What answers say of a part of a bundle.</summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="part">The part.</param>
    /// <param name="precision">What it computes in: "fp32", "tf32", "bf16" or "fp16".</param>
    public static ModelInfo Describe(ModelBundle bundle, BundlePart part, string precision) => new()
    {
        ModelVersion = bundle.Manifest.ModelVersion,
        Notice = bundle.Manifest.Notice ?? "",
        Digests = { [part.Folder] = bundle.Digest(part) },
        Precisions = { [part.Folder] = precision },
    };
}
