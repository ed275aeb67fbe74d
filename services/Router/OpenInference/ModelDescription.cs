using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Router.OpenInference.Models;
using MedMoE.Mesh.Router.OpenInference.Tensors;
using TensorMetadata = MedMoE.Mesh.OpenInference.ModelMetadataResponse.Types.TensorMetadata;

namespace MedMoE.Mesh.Router.OpenInference;

/// <summary>A model's tensors as metadata and as a configuration.</summary>
internal static class ModelDescription
{
    private const string Ensemble = "ensemble";
    private const string Platform = "medmoe";

    public static ModelMetadataResponse Metadata(InferenceModel model, IReadOnlyDictionary<string, string> properties) => new()
    {
        Name = model.Name,
        Versions = { InferenceModel.Version },
        Platform = PlatformOf(model),
        Inputs = { model.Inputs.Select(Metadata) },
        Outputs = { model.Outputs.Select(Metadata) },
        Properties = { properties.ToDictionary() },
    };

    public static ModelConfig Config(InferenceModel model, int maxBatchSize, IReadOnlyDictionary<string, string> properties)
    {
        var config = new ModelConfig
        {
            Name = model.Name,
            Platform = PlatformOf(model),
            Backend = model.Steps.Count > 0 ? "" : Platform,
            MaxBatchSize = maxBatchSize,
            Input =
            {
                model.Inputs.Select(spec =>
                    new ModelInput { Name = spec.Name, DataType = spec.Type.Config, Dims = { spec.Dims }, Optional = spec.IsOptional }),
            },
            Output = { model.Outputs.Select(spec => new ModelOutput { Name = spec.Name, DataType = spec.Type.Config, Dims = { spec.Dims } }) },
            Parameters = { properties.ToDictionary(p => p.Key, p => new ModelParameter { StringValue = p.Value }) },
            ModelTransactionPolicy = new ModelTransactionPolicy(),
            ResponseCache = new ModelResponseCache { Enable = true },
        };
        if (model.Steps.Count > 0)
        {
            config.EnsembleScheduling = new ModelEnsembling { Step = { model.Steps } };
        }
        else
        {
            config.DynamicBatching = new ModelDynamicBatching
            {
                PriorityLevels = InferSettings.Priorities,
                DefaultPriorityLevel = InferSettings.DefaultPriority,
            };
        }
        return config;
    }

    private static string PlatformOf(InferenceModel model) => model.Steps.Count > 0 ? Ensemble : Platform;

    private static TensorMetadata Metadata(TensorSpec spec) => new() { Name = spec.Name, Datatype = spec.Type.Name, Shape = { spec.Shape } };
}
