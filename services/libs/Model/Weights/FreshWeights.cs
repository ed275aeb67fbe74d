using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Swin;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Weights;

/// <summary>Initial weights for training, which depend only on the seed and on the tensors' names and order.</summary>
public sealed class FreshWeights(int seed)
{
    // System.Random gives the same numbers for a seed on every platform and version.
    private readonly Random _random = new(seed);

    /// <summary>
    /// Transformers: matrices and tables are normal, cut at two standard deviations; biases 0, norms 1. Swin's and BERT's standard deviation of 0.02
    /// is for 768 inputs; for narrower layers it is larger, by the root of the width.
    /// </summary>
    public void Fill(SwinTransformer network) => FillTransformer(network);

    /// <inheritdoc cref="Fill(SwinTransformer)"/>
    public void Fill(BertEncoder network) => FillTransformer(network);

    /// <summary>
    /// A new expert keeps TorchSharp's initial weights, from libtorch's generator. Only the last batch normalisation is scaled, so that a word's
    /// scores over positions have a standard deviation of about 2: a softmax that starts with all its weight on one position would not learn. The
    /// scores depend on the manifest's temperature and text settings.
    /// </summary>
    public static void Fill(ModalityExpert network, BundleManifest manifest)
    {
        if (manifest.Architecture == Architecture.Reference)
        {
            // The scores first pass a softmax over words, so they cannot be large.
            return;
        }
        // Words are sums of layers that are normalised to 1 per dimension.
        var scale = 2 / (manifest.Similarity.AttentionTemperature * manifest.Text.LastLayers * Math.Sqrt(manifest.EmbeddingDim));
        using var noGrad = no_grad();
        for (var level = 0; level < PyramidBackbone.Levels; level++)
        {
            using var value = scale.ToScalar();
            network.state_dict()[$"proj.{level}.2.1.weight"].fill_(value);
        }
    }

    private void FillTransformer(Module network)
    {
        using var noGrad = no_grad();
        foreach (var (name, parameter) in network.named_parameters())
        {
            if (parameter.dim() < 2)
            {
                continue;
            }
            var inputs = name.EndsWith("_table", StringComparison.Ordinal) ? 768 : parameter.numel() / parameter.shape[0];
            var deviation = 0.02 * Math.Sqrt(768.0 / inputs);
            using var values = tensor(Normals(parameter.numel(), deviation), parameter.shape);
            parameter.copy_(values);
        }
        var biases = network.named_parameters()
            .Where(p => p.parameter.dim() == 1 && p.name.EndsWith("bias", StringComparison.Ordinal));
        foreach (var (_, parameter) in biases)
        {
            parameter.zero_();
        }
    }

    private float[] Normals(long count, double deviation)
    {
        var values = new float[count];
        for (var i = 0; i < values.Length; i++)
        {
            double normal;
            do
            {
                // Box and Muller's transform.
                normal = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
            }
            while (Math.Abs(normal) > 2);
            values[i] = (float)(normal * deviation);
        }
        return values;
    }
}
