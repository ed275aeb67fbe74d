using Grpc.Core;
using MedMoE.Mesh.OpenInference;

namespace MedMoE.Mesh.Services.Tests.Router.OpenInference;

/// <summary>One mesh for requests that leave nothing behind. Many of them are wrong, which would soon exceed the limit of failed calls.</summary>
public sealed class InferenceMesh : IAsyncLifetime
{
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    internal RunningMesh Running { get; private set; } = null!;

    public GRPCInferenceService.GRPCInferenceServiceClient Client => new(Running.Gateway.Channel);

    public static DateTime Deadline => DateTime.UtcNow + Patience;

    public async ValueTask InitializeAsync() => Running = await RunningMesh.Start(
        new MeshPlan { Gateway = ["Gateway:FailuresPerSecond=0"], Router = ["Router:PyramidType=Fp32"] });

    public ValueTask DisposeAsync() => Running.DisposeAsync();

    public async Task<ModelInferResponse> Infer(ModelInferRequest request) => await Client.ModelInferAsync(request, deadline: Deadline);

    public async Task<RpcException> Refused(ModelInferRequest request) =>
        await Assert.ThrowsAsync<RpcException>(() => Client.ModelInferAsync(request, deadline: Deadline).ResponseAsync);
}
