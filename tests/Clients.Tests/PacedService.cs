using System.Collections.Concurrent;
using Grpc.Core;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace MedMoE.Mesh.Clients.Tests;

/// <summary>A service whose calls all take the same time.</summary>
internal sealed class PacedService(TimeSpan pace) : TextEncoderService.TextEncoderServiceBase
{
    private readonly ConcurrentQueue<DateTime> _calls = [];

    /// <summary>When the calls came.</summary>
    public IReadOnlyCollection<DateTime> Calls => _calls;

    public WebApplication Create(string[] args)
    {
        var builder = ServiceHost.CreateBuilder(args);
        builder.Services.AddSingleton(this);
        var app = builder.Build();
        app.MapServing();
        app.MapGrpcService<PacedService>();
        app.Services.GetRequiredService<Readiness>().WarmedUp();
        return app;
    }

    public override async Task<EncodeResponse> Encode(EncodeRequest request, ServerCallContext context)
    {
        _calls.Enqueue(DateTime.UtcNow);
        await Task.Delay(pace, context.CancellationToken);
        return new EncodeResponse();
    }
}
