using System.Text.RegularExpressions;

namespace MedMoE.Mesh.Model.Weights;

/// <summary>
/// Maps names of a weights file to those of a network: removes an optional prefix such as "swin.", and ignores known tensors that are not used.
/// </summary>
internal sealed partial class TensorNames(string prefix, Regex? ignored)
{
    /// <summary>The names are the network's own.</summary>
    public static TensorNames Own { get; } = new("", null);

    /// <summary>Hugging Face's Swin, bare or below a classifier or masked image modelling.</summary>
    public static TensorNames Swin { get; } = new("swin.", SwinExtras());

    /// <summary>Hugging Face's BERT, bare or below a head, without its pooler.</summary>
    public static TensorNames Bert { get; } = new("bert.", BertExtras());

    /// <summary>The network's name for a name in the file, or null if it is ignored.</summary>
    public string? Canonical(string name)
    {
        var bare = prefix.Length > 0 && name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name;
        if (ignored is not null && ignored.IsMatch(bare))
        {
            return null;
        }
        // Checkpoints converted from TensorFlow, such as BERT's first ones.
        return bare.EndsWith("LayerNorm.gamma", StringComparison.Ordinal) ? bare[..^"gamma".Length] + "weight"
            : bare.EndsWith("LayerNorm.beta", StringComparison.Ordinal) ? bare[..^"beta".Length] + "bias"
            : bare;
    }

    [GeneratedRegex(@"^(classifier|decoder|head)\.|^embeddings\.mask_token$|\.relative_position_index$")]
    private static partial Regex SwinExtras();

    [GeneratedRegex(@"^(cls|classifier|qa_outputs|pooler\.dense)\.|^embeddings\.(position_ids|token_type_ids)$")]
    private static partial Regex BertExtras();
}
