using Grpc.Core;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Router.OpenInference.Models;
using MedMoE.Mesh.Router.OpenInference.Statistics;
using MedMoE.Mesh.Router.OpenInference.Tensors;
using MedMoE.Mesh.Router.Settings;
using MedMoE.Mesh.Wire;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Router.OpenInference;

/// <summary>The Open Inference Protocol.</summary>
internal sealed class OpenInferenceEndpoint(
    Infer infer, InferStream stream, ModelList models, ServerStatistics statistics, IOptions<RouterOptions> options)
    : GRPCInferenceService.GRPCInferenceServiceBase
{
    private static readonly string _version = typeof(OpenInferenceEndpoint).Assembly.GetName().Version!.ToString(3);

    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLiveResponse { Live = true });

    public override async Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        new() { Ready = await IsReady(models.Find(ModelNames.Whole, ""), context) };

    public override async Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) =>
        new() { Ready = await IsReady(models.Find(request.Name, request.Version), context) };

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerMetadataResponse
        {
            Name = "MedMoE.Mesh",
            Version = _version,
            Extensions = { "statistics", "model_configuration", "parameters" },
        });

    public override async Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context)
    {
        var model = models.Find(request.Name, request.Version);
        return ModelDescription.Metadata(model, await models.Properties(model, context.CancellationToken));
    }

    public override async Task<ModelConfigResponse> ModelConfig(ModelConfigRequest request, ServerCallContext context)
    {
        var model = models.Find(request.Name, request.Version);
        var properties = await models.Properties(model, context.CancellationToken);
        return new ModelConfigResponse { Config = ModelDescription.Config(model, options.Value.MaxBatchSize, properties) };
    }

    public override Task<ModelStatisticsResponse> ModelStatistics(ModelStatisticsRequest request, ServerCallContext context) =>
        Task.FromResult(new ModelStatisticsResponse
        {
            ModelStats =
            {
                request.Name.Length == 0 ? models.All.Select(statistics.Read) : [statistics.Read(models.Find(request.Name, request.Version))],
            },
        });

    public override async Task<RepositoryIndexResponse> RepositoryIndex(RepositoryIndexRequest request, ServerCallContext context)
    {
        if (request.RepositoryName.Length > 0)
        {
            throw new InvalidFieldException("repository_name", $"{Quoted.Of(request.RepositoryName)} is not known; there is one, without a name");
        }
        var away = await Task.WhenAll(models.All.Select(model => models.Away(model, context.CancellationToken)));
        return new RepositoryIndexResponse
        {
            Models =
            {
                models.All.Zip(away).Where(model => !request.Ready || model.Second.Count == 0)
                    .Select(model => new RepositoryIndexResponse.Types.ModelIndex
                    {
                        Name = model.First.Name,
                        Version = InferenceModel.Version,
                        State = model.Second.Count == 0 ? "READY" : "UNAVAILABLE",
                        Reason = string.Join("; ", model.Second.Select(service => $"{service}: no replica can be reached")),
                    }),
            },
        };
    }

    public override Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context) =>
        infer.Run(request, context.CancellationToken);

    public override Task ModelStreamInfer(
        IAsyncStreamReader<ModelInferRequest> requestStream, IServerStreamWriter<ModelStreamInferResponse> responseStream,
        ServerCallContext context) =>
        stream.Run(requestStream, responseStream, context);

    private async Task<bool> IsReady(InferenceModel model, ServerCallContext context) =>
        (await models.Away(model, context.CancellationToken)).Count == 0;
}
