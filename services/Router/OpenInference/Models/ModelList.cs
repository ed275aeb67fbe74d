using Grpc.Core;
using MedMoE.Mesh.Router.Calls;
using MedMoE.Mesh.Router.Gating;
using MedMoE.Mesh.Router.Models;
using MedMoE.Mesh.Router.OpenInference.Tensors;
using MedMoE.Mesh.Router.Pyramids;
using MedMoE.Mesh.Router.Settings;
using MedMoE.Mesh.Router.Texts;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Router.OpenInference.Models;

/// <summary>The models of the protocol, and what is known of them.</summary>
internal sealed class ModelList(
    Analyze analyze, TextSource texts, PyramidSource pyramids, RouterGate gate, KnownModels known, IOptions<RouterOptions> options)
{
    public IReadOnlyList<InferenceModel> All { get; } =
    [
        new AnalysisModel(analyze, gate),
        new BackboneModel(pyramids, gate, options.Value.PyramidType),
        new TextEncoderModel(texts, gate),
        new GateModel(texts, pyramids, gate),
        .. gate.Manifest.Experts.Select(expert => new AnalysisModel(analyze, gate, expert.Name)),
    ];

    /// <exception cref="RpcException">NOT_FOUND: no such model or version.</exception>
    public InferenceModel Find(string name, string version)
    {
        var model = All.FirstOrDefault(model => model.Name == name) ?? throw new RpcException(new Status(
            StatusCode.NotFound, $"{Quoted.Of(name)} is not one of the models: {string.Join(", ", All.Select(model => model.Name))}"));
        return version is "" or InferenceModel.Version ? model : throw new RpcException(new Status(
            StatusCode.NotFound, $"{name} has no version {Quoted.Of(version)}, only \"{InferenceModel.Version}\""));
    }

    /// <summary>The services of a model that cannot be reached now; none: it is ready. The whole chain needs some expert.</summary>
    public async Task<IReadOnlyList<MeshService>> Away(InferenceModel model, CancellationToken cancellation)
    {
        var missing = await AwayOf(model.Services, cancellation);
        MeshService[] experts = [.. gate.Manifest.Experts.Select(expert => MeshService.ExpertNamed(expert.Name))];
        return model.Name == ModelNames.Whole && await AwayOf(experts, cancellation) is var away && away.Count == experts.Length
            ? [.. missing, .. away] : missing;
    }

    /// <summary>The bundle and the digests of the parts that a model runs, as far as their services can be reached.</summary>
    public async Task<IReadOnlyDictionary<string, string>> Properties(InferenceModel model, CancellationToken cancellation)
    {
        var parts = await Task.WhenAll(model.Services.Select(service => known.AskOrNull(service, cancellation)));
        return Properties(parts.OfType<ModelInfo>());
    }

    /// <summary>The bundle and the digests of these parts.</summary>
    public IReadOnlyDictionary<string, string> Properties(IEnumerable<ModelInfo> parts)
    {
        var properties = new Dictionary<string, string>
        {
            ["bundle"] = gate.Manifest.Name,
            ["bundle_version"] = gate.Manifest.Version,
        };
        if (gate.Info.Notice.Length > 0)
        {
            properties["notice"] = gate.Info.Notice;
        }
        foreach (var (part, digest) in gate.Merge(parts).Digests)
        {
            properties[$"digest_{part}"] = digest;
        }
        return properties;
    }

    private async Task<IReadOnlyList<MeshService>> AwayOf(IReadOnlyList<MeshService> services, CancellationToken cancellation)
    {
        var models = await Task.WhenAll(services.Select(service => known.AskOrNull(service, cancellation)));
        return [.. services.Zip(models).Where(asked => asked.Second is null).Select(asked => asked.First)];
    }
}
