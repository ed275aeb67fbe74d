using Grpc.Core;
using Grpc.Health.V1;
using MedMoE.Mesh.ServicesUnderTest;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using MedMoE.Mesh.Serving.Hosting;

namespace MedMoE.Mesh.LoadTester.Tests;

/// <summary>A gRPC health service with a fault for the load tester to detect.</summary>
internal sealed class FaultyService(Func<int, ServerCallContext, Task<HealthCheckResponse>> answer) : Health.HealthBase
{
    private int _calls;

    public static HealthCheckResponse Serving { get; } = new() { Status = HealthCheckResponse.Types.ServingStatus.Serving };

    /// <param name="answer">The answer to a call, by its number, starting at 0.</param>
    /// <param name="settings">Further arguments.</param>
    public static Task<RunningService> Start(Func<int, Task<HealthCheckResponse>> answer, params string[] settings) =>
        Start((number, _) => answer(number), settings);

    /// <param name="answer">The answer to a call, by its number, starting at 0, and its context.</param>
    /// <param name="settings">Further arguments.</param>
    public static Task<RunningService> Start(
        Func<int, ServerCallContext, Task<HealthCheckResponse>> answer, params string[] settings) => RunningService.Start(
        args =>
        {
            var builder = ServiceHost.CreateBuilder(args);
            builder.Services.AddSingleton(new FaultyService(answer));
            var app = builder.Build();
            app.MapGrpcService<FaultyService>();
            return app;
        },
        bundle: null,
        settings);

    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) =>
        answer(Interlocked.Increment(ref _calls) - 1, context);
}
