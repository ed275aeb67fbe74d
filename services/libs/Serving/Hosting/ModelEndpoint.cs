using Grpc.Core;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>The rpc that tells what a service runs.</summary>
internal sealed class ModelEndpoint(IServedModel model) : ModelService.ModelServiceBase
{
    public override Task<GetModelResponse> GetModel(GetModelRequest request, ServerCallContext context) =>
        Task.FromResult(new GetModelResponse { Model = model.Info });
}
