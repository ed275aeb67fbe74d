using Grpc.Core;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>The rpc that describes the model of a service.</summary>
internal sealed class ModelEndpoint(IServedModel model) : ModelService.ModelServiceBase
{
    public override Task<GetModelResponse> GetModel(GetModelRequest request, ServerCallContext context) =>
        Task.FromResult(new GetModelResponse { Model = model.Info });
}
