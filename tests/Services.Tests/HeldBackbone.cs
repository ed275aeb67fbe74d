using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace MedMoE.Mesh.Services.Tests;

/// <summary>A proxy between a router and a real backbone that holds back the last level of every pyramid until it is released.</summary>
internal sealed class HeldBackbone(GrpcChannel backbone) : BackboneService.BackboneServiceBase
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static Func<string[], WebApplication> Create(HeldBackbone held, ModelInfo model, bool warm = true) => args =>
    {
        var builder = ServiceHost.CreateBuilder(args);
        builder.Services.AddSingleton(held).AddSingleton(new StandInModel(model, warm)).AddModel<StandInModel>();
        var app = builder.Build();
        app.MapModel<HeldBackbone>();
        return app;
    };

    public void Release() => _released.SetResult();

    public override async Task ExtractPyramid(
        ExtractPyramidRequest request, IServerStreamWriter<ExtractPyramidResponse> responseStream, ServerCallContext context)
    {
        using var call = new BackboneService.BackboneServiceClient(backbone).ExtractPyramid(request, cancellationToken: context.CancellationToken);
        await foreach (var response in call.ResponseStream.ReadAllAsync(context.CancellationToken))
        {
            if (response.Level.Level == response.Level.LevelCount - 1)
            {
                await _released.Task.WaitAsync(context.CancellationToken);
            }
            await responseStream.WriteAsync(response, context.CancellationToken);
        }
    }
}
