using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

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
    /// <summary>A service that runs one model, and is ready when the model has run once.</summary>
    /// <typeparam name="TOptions">Its limits.</typeparam>
    /// <typeparam name="TModel">The model.</typeparam>
    /// <typeparam name="TEndpoint">Its rpcs.</typeparam>
    /// <param name="args">The command line.</param>
    /// <param name="section">Section of the settings for <typeparamref name="TOptions"/>.</param>
    public static WebApplication Create<TOptions, TModel, TEndpoint>(string[] args, string section)
        where TOptions : class
        where TModel : class, IServedModel
        where TEndpoint : class
    {
        var builder = ServiceHost.CreateBuilder(args);
        builder.Services.AddSection<ModelOptions>(ModelOptions.Section).AddSection<TOptions>(section).AddModel<TModel>();
        var app = builder.Build();
        app.MapModel<TEndpoint>();
        return app;
    }

    /// <summary>The service has this model, and is ready when it has run once.</summary>
    public static void AddModel<TModel>(this IServiceCollection services)
        where TModel : class, IServedModel
    {
        services.TryAddSingleton<TModel>();
        services.AddSingleton<IServedModel>(provider => provider.GetRequiredService<TModel>());
        services.AddHostedService<WarmUp>();
    }

    /// <summary>Maps the model's own rpcs and the one that tells what it is.</summary>
    public static void MapModel<TEndpoint>(this WebApplication app)
        where TEndpoint : class
    {
        app.MapServing();
        app.MapGrpcService<TEndpoint>();
        app.MapGrpcService<ModelEndpoint>();
        // Loaded now, so that a fault of the bundle is reported before the host starts, and by itself.
        app.Services.GetRequiredService<IServedModel>();
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
