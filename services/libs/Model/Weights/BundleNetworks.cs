using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Bundle.Safetensors;
using MedMoE.Mesh.Bundle.Tensors;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Gating;
using MedMoE.Mesh.Model.Swin;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Weights;

/// <summary>
/// Loads the networks of a bundle with their weights, on the CPU in float32. Each method reads only its own part and throws <see
/// cref="BundleException"/> with every fault of it.
/// </summary>
public static class BundleNetworks
{
    private const string WeightsFile = "model.safetensors";

    /// <summary>A network up to this number of parameters (256 MB) is created in any case, so that each missing tensor can be reported.</summary>
    private const long SmallNetwork = 1 << 26;

    public static SwinTransformer LoadSwin(ModelBundle bundle) => LoadSwin(ReadSwinConfig(bundle), bundle.PathOf(BundlePart.Backbone, WeightsFile));

    /// <summary>The backbone's configuration, which experts also read for the sides of their levels.</summary>
    public static SwinConfig ReadSwinConfig(ModelBundle bundle)
    {
        var configPath = bundle.PathOf(BundlePart.Backbone, "config.json");
        var config = SwinConfig.Read(configPath);
        if (config.Stages != PyramidBackbone.Levels || config.Channels != 3)
        {
            throw new BundleException(
                configPath, $"{config.Stages} stages on {config.Channels} channels; MedMoE's pyramid needs {PyramidBackbone.Levels} stages on 3");
        }
        if (config.ImageSize != bundle.Manifest.Image.Size)
        {
            throw new BundleException(
                configPath, $"image_size {config.ImageSize}, but image.size in {ModelBundle.ManifestFile} is {bundle.Manifest.Image.Size}");
        }
        return config;
    }

    /// <summary>A Swin Transformer from a file with Hugging Face's names, with or without "swin.".</summary>
    public static SwinTransformer LoadSwin(SwinConfig config, ITensorFile file)
    {
        RequireFit(config.Parameters, file);
        return Load(() => new SwinTransformer(config), file, TensorNames.Swin);
    }

    /// <inheritdoc cref="LoadSwin(SwinConfig, ITensorFile)"/>
    public static SwinTransformer LoadSwin(SwinConfig config, string path)
    {
        using var file = SafetensorsFile.Open(path);
        return LoadSwin(config, file);
    }

    public static BertEncoder LoadBert(ModelBundle bundle)
    {
        var configPath = bundle.PathOf(BundlePart.Text, "config.json");
        var config = BertConfig.Read(configPath);
        var (manifest, text) = (bundle.Manifest, bundle.Manifest.Text);
        var faults = new List<BundleFault>();
        if (config.HiddenSize != manifest.EmbeddingDim)
        {
            faults.Add(new(
                configPath, $"hidden_size {config.HiddenSize}, but embedding_dim in {ModelBundle.ManifestFile} is {manifest.EmbeddingDim}"));
        }
        if (text.MaxTokens > config.MaxPositions)
        {
            faults.Add(new(
                configPath,
                $"max_position_embeddings {config.MaxPositions}, fewer than text.max_tokens {text.MaxTokens} of {ModelBundle.ManifestFile}"));
        }
        if (text.LastLayers > config.Layers)
        {
            faults.Add(new(
                configPath, $"num_hidden_layers {config.Layers}, fewer than text.last_layers {text.LastLayers} of {ModelBundle.ManifestFile}"));
        }
        return faults.Count == 0 ? LoadBert(config, bundle.PathOf(BundlePart.Text, WeightsFile)) : throw new BundleException(faults);
    }

    /// <summary>A BERT encoder from a file with Hugging Face's names, with or without "bert.".</summary>
    public static BertEncoder LoadBert(BertConfig config, ITensorFile file)
    {
        RequireFit(config.Parameters, file);
        return Load(() => new BertEncoder(config), file, TensorNames.Bert);
    }

    /// <inheritdoc cref="LoadBert(BertConfig, ITensorFile)"/>
    public static BertEncoder LoadBert(BertConfig config, string path)
    {
        using var file = SafetensorsFile.Open(path);
        return LoadBert(config, file);
    }

    /// <summary>One expert: <c>experts/NAME/model.safetensors</c>. Its projections determine the channels of the levels.</summary>
    public static ModalityExpert LoadExpert(ModelBundle bundle, string name)
    {
        var manifest = bundle.Manifest;
        if (manifest.IndexOf(name) < 0)
        {
            throw new BundleException(
                Path.Combine(bundle.Root, ModelBundle.ManifestFile),
                $"no expert {name}; the experts are {string.Join(", ", manifest.Experts.Select(e => e.Name))}");
        }
        var path = bundle.PathOf(BundlePart.Expert(name), WeightsFile);
        using var file = SafetensorsFile.Open(path);
        var projection = manifest.Architecture == Architecture.Paper ? "0.0.weight" : "0.weight";
        int[] channels = [.. Enumerable.Range(0, PyramidBackbone.Levels).Select(level =>
            file.Tensors.GetValueOrDefault($"proj.{level}.{projection}") is { Shape: [_, > 0 and < 1 << 20, ..] } tensor
                ? (int)tensor.Shape[1]
                : throw new BundleException(
                    path, $"tensor proj.{level}.{projection} is missing or not a projection of architecture {manifest.Architecture}"))];
        return Load(
            () => new ModalityExpert(new ExpertShape(manifest.Architecture, channels, manifest.EmbeddingDim, manifest.Expert?.Bottleneck ?? 0)),
            file, TensorNames.Own);
    }

    public static ModalityExpert LoadExpert(ExpertShape shape, ITensorFile file) => Load(() => new ModalityExpert(shape), file, TensorNames.Own);

    /// <exception cref="BundleException">The expert's levels differ from those of the backbone.</exception>
    public static void RequireSameLevels(ModelBundle bundle, string name, ExpertShape expert, SwinConfig backbone)
    {
        var channels = PyramidBackbone.LevelChannels(backbone);
        if (!expert.LevelChannels.SequenceEqual(channels))
        {
            throw new BundleException(
                bundle.PathOf(BundlePart.Expert(name), WeightsFile),
                $"projects levels of {string.Join(", ", expert.LevelChannels)} channels, the backbone has {string.Join(", ", channels)}");
        }
    }

    /// <summary>Both gates; <paramref name="featureDim"/> is the size of the backbone's pooled feature.</summary>
    public static Gate LoadGate(ModelBundle bundle, int featureDim) => Load(
        () => new Gate(bundle.Manifest.EmbeddingDim, featureDim, bundle.Manifest.Experts.Count),
        bundle.PathOf(BundlePart.Gate, WeightsFile), TensorNames.Own);

    /// <summary>Reads only the image gate, with the names "0" and "2"; the report gate is unchanged.</summary>
    public static void LoadImageGate(Gate gate, ITensorFile file)
    {
        if (StateDict.Load(gate.named_children().Single(child => child.name == "image").module, file, TensorNames.Own) is { Count: > 0 } faults)
        {
            throw new BundleException(faults);
        }
    }

    /// <summary>A network is created before its weights are read, so one much larger than its file is refused first.</summary>
    private static void RequireFit(long parameters, ITensorFile file)
    {
        var held = file.All.Aggregate(0L, (sum, tensor) => sum + tensor.Shape.Aggregate(1L, (product, d) => product * d));
        if (parameters > SmallNetwork && parameters / 2 > held)
        {
            throw new BundleException(file.Path, $"has {held} numbers, but its config.json describes a network of {parameters}");
        }
    }

    private static T Load<T>(Func<T> create, string path, TensorNames names)
        where T : Module
    {
        using var file = SafetensorsFile.Open(path);
        return Load(create, file, names);
    }

    private static T Load<T>(Func<T> create, ITensorFile file, TensorNames names)
        where T : Module
    {
        using var scope = NewDisposeScope();
        var network = create();
        var faults = StateDict.Load(network, file, names);
        if (faults.Count > 0)
        {
            network.Dispose();
            throw new BundleException(faults);
        }
        // Parameters must survive the caller's dispose scope.
        foreach (var (_, tensor) in network.named_parameters().Select(p => (p.name, (Tensor)p.parameter)).Concat(network.named_buffers()))
        {
            tensor.DetachFromDisposeScope();
        }
        return network;
    }
}
