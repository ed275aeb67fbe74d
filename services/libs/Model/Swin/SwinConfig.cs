using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Model.Swin;

/// <summary>
/// A Swin Transformer's <c>config.json</c> as Hugging Face writes it. Image and patch sizes are pixels per side, the window is tokens per side; the
/// first stage has EmbedDim channels, and each further stage doubles them.
/// </summary>
public sealed record SwinConfig(
    int ImageSize, int PatchSize, int Channels, int EmbedDim, IReadOnlyList<int> Depths, IReadOnlyList<int> Heads, int Window,
    double MlpRatio, bool QkvBias, double LayerNormEpsilon)
{
    /// <summary>For patch embedding and merging, where Hugging Face's layers do not use the configuration.</summary>
    internal const double PatchNormEpsilon = 1e-5;

    public int Stages => Depths.Count;

    /// <summary>Number of elements of matrices in blocks and mergings, nearly all of the network.</summary>
    public long Parameters => Enumerable.Range(0, Stages).Sum(stage =>
        (long)((Depths[stage] * (4 + (2 * MlpRatio)) + (stage < Stages - 1 ? 8 : 0)) * ChannelsOf(stage) * ChannelsOf(stage)));

    /// <summary>Channels of the last stage and of the pooled feature.</summary>
    public int FeatureDim => ChannelsOf(Stages - 1);

    public int ChannelsOf(int stage) => EmbedDim << stage;

    /// <summary>Tokens per side of a stage, before patch merging.</summary>
    public int ResolutionOf(int stage)
    {
        var side = (ImageSize + PatchSize - 1) / PatchSize;
        for (var i = 0; i < stage; i++)
        {
            side = (side + 1) / 2;
        }
        return side;
    }

    /// <exception cref="BundleException">Missing, not JSON, not a Swin configuration, or not supported.</exception>
    public static SwinConfig Read(string path)
    {
        var json = ConfigFile.Read(path);
        json.Require("model_type", "swin");
        json.Require("hidden_act", "gelu");
        json.RequireFalse("use_absolute_embeddings");
        var config = new SwinConfig(
            json.Side("image_size", 224, 4096), json.Side("patch_size", 4, 64), json.Int("num_channels", 3, 16), json.Int("embed_dim", 96, 1024),
            json.Ints("depths", [2, 2, 6, 2], 64), json.Ints("num_heads", [3, 6, 12, 24], 1024), json.Int("window_size", 7, 64),
            json.Double("mlp_ratio", 4, 0.1, 16), json.Bool("qkv_bias", true),
            json.Double("layer_norm_eps", 1e-5, ConfigFile.LeastEpsilon, 1));
        if (config.Depths.Count != config.Heads.Count || config.Depths.Count is 0 or > 8)
        {
            json.Fault($"{config.Depths.Count} depths and {config.Heads.Count} num_heads: they must have the same length, 8 at most");
        }
        else if (config.Heads.Where((h, stage) => config.ChannelsOf(stage) % h != 0).Any())
        {
            json.Fault("a stage's channels are not divisible by its num_heads");
        }
        json.ThrowOnFaults();
        return config;
    }

    /// <summary>Multiply-adds of one image through the network, matrix products and convolutions only.</summary>
    public long MultiplyAdds()
    {
        long side = ResolutionOf(0);
        var total = side * side * EmbedDim * Channels * PatchSize * PatchSize;
        for (var stage = 0; stage < Stages; stage++)
        {
            side = ResolutionOf(stage);
            long channels = ChannelsOf(stage), window = Math.Min(Window, side);
            var padded = (side + window - 1) / window * window;
            long tokens = side * side, windowed = padded * padded;
            var perBlock = (windowed * 4 * channels * channels) + (windowed * 2 * window * window * channels)
                + (tokens * 2 * channels * (long)(channels * MlpRatio));
            total += Depths[stage] * perBlock;
            if (stage < Stages - 1)
            {
                long merged = ResolutionOf(stage + 1);
                total += merged * merged * 4 * channels * 2 * channels;
            }
        }
        return total;
    }
}
