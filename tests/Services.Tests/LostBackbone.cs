using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace MedMoE.Mesh.Services.Tests;

/// <summary>A proxy between a router and a real backbone that breaks off after a number of levels of every pyramid.</summary>
internal sealed class LostBackbone(GrpcChannel backbone, int levels) : BackboneService.BackboneServiceBase
{
    private int _calls;

    public int Calls => _calls;

    public static Func<string[], WebApplication> Create(LostBackbone lost, ModelInfo model) => args =>
    {
        var builder = ServiceHost.CreateBuilder(args);
        builder.Services.AddSingleton(lost).AddSingleton(new StandInModel(model)).AddModel<StandInModel>();
        var app = builder.Build();
        app.MapModel<LostBackbone>();
        return app;
    };

    public override async Task ExtractPyramid(
        ExtractPyramidRequest request, IServerStreamWriter<ExtractPyramidResponse> responseStream, ServerCallContext context)
    {
        Interlocked.Increment(ref _calls);
        using var call = new BackboneService.BackboneServiceClient(backbone).ExtractPyramid(request, cancellationToken: context.CancellationToken);
        await foreach (var response in call.ResponseStream.ReadAllAsync(context.CancellationToken))
        {
            if (response.Level.Level == levels)
            {
                break;
            }
            await responseStream.WriteAsync(response, context.CancellationToken);
        }
        throw new RpcException(new Status(StatusCode.Unavailable, "lost"));
    }
}
