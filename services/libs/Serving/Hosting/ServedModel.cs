using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace MedMoE.Mesh.Serving.Hosting;

public interface IServedModel
{
    /// <summary>The model's description in every answer.</summary>
    ModelInfo Info { get; }

    /// <summary>Runs the model once, so that the first caller does not wait for initialisation.</summary>
    Task WarmUp(CancellationToken cancellation);
}

/// <summary>A model whose weights can be exchanged while calls run.</summary>
public interface IExchangedModel : IServedModel
{
    /// <summary>What it reads of its bundle.</summary>
    BundlePart Part { get; }

    /// <summary>Runs the weights of another bundle, or of the changed one, from the next batch on.</summary>
    /// <exception cref="BundleException">They cannot be used; the present ones stay.</exception>
    void Exchange(string bundle);
}

public static class ServedModel
{
    /// <summary>Creates a service of one model. The section has the settings <typeparamref name="TOptions"/>.</summary>
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

    /// <summary>Registers the model; the service is ready after its warm-up run.</summary>
    public static void AddModel<TModel>(this IServiceCollection services)
        where TModel : class, IServedModel
    {
        services.TryAddSingleton<TModel>();
        services.AddSingleton<IServedModel>(provider => provider.GetRequiredService<TModel>());
        services.AddSingleton<ModelMetrics>();
        services.AddHostedService<WarmUp>();
        if (typeof(TModel).IsAssignableTo(typeof(IExchangedModel)))
        {
            services.AddHostedService<ModelWatch>();
        }
    }

    /// <summary>Maps the model's own rpcs and <see cref="ModelEndpoint"/>.</summary>
    public static void MapModel<TEndpoint>(this WebApplication app)
        where TEndpoint : class
    {
        app.MapServing();
        app.MapGrpcService<TEndpoint>();
        app.MapGrpcService<ModelEndpoint>();
        // Loaded now, so that a fault of the bundle is reported alone, before the host starts.
        app.Services.GetRequiredService<IServedModel>();
        app.Services.GetRequiredService<ModelMetrics>();
    }

    /// <summary>Describes a part of a bundle for answers; the precision is "fp32", "tf32", "bf16" or "fp16".</summary>
    public static ModelInfo Describe(ModelBundle bundle, BundlePart part, string precision) => new()
    {
        ModelVersion = bundle.Manifest.ModelVersion,
        Notice = bundle.Manifest.Notice ?? "",
        Digests = { [part.Folder] = bundle.Digest(part) },
        Precisions = { [part.Folder] = precision },
    };
}
