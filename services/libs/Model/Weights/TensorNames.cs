using System.Text.RegularExpressions;

namespace MedMoE.Mesh.Model.Weights;

/// <summary>How the names in a weights file relate to a network's: a prefix that may stand in front, and what is not the network's.</summary>
/// <param name="prefix">Prefix that a file with a head carries, such as "swin.".</param>
/// <param name="ignored">Names, without the prefix, of tensors that are known to come along and not used.</param>
internal sealed partial class TensorNames(string prefix, Regex? ignored)
{
    /// <summary>Names are the network's own.</summary>
    public static TensorNames Own { get; } = new("", null);

    /// <summary>Hugging Face's Swin, bare or under a classifier or masked image modelling.</summary>
    public static TensorNames Swin { get; } = new("swin.", SwinExtras());

    /// <summary>Hugging Face's BERT, bare or under a head. MedMoE does not use its pooler.</summary>
    public static TensorNames Bert { get; } = new("bert.", BertExtras());

    /// <summary>BERT with its pooler.</summary>
    public static TensorNames BertWithPooler { get; } = new("bert.", BertHeads());

    /// <summary>The network's name for a file's, or null for what is ignored.</summary>
    public string? Canonical(string name)
    {
        var bare = prefix.Length > 0 && name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name;
        if (ignored is not null && ignored.IsMatch(bare))
        {
            return null;
        }
        // Checkpoints converted from TensorFlow, as BERT's first ones.
        return bare.EndsWith("LayerNorm.gamma", StringComparison.Ordinal) ? bare[..^"gamma".Length] + "weight"
            : bare.EndsWith("LayerNorm.beta", StringComparison.Ordinal) ? bare[..^"beta".Length] + "bias"
            : bare;
    }

    [GeneratedRegex(@"^(classifier|decoder|head)\.|^embeddings\.mask_token$|\.relative_position_index$")]
    private static partial Regex SwinExtras();

    [GeneratedRegex(@"^(cls|classifier|qa_outputs|pooler\.dense)\.|^embeddings\.(position_ids|token_type_ids)$")]
    private static partial Regex BertExtras();

    [GeneratedRegex(@"^(cls|classifier|qa_outputs)\.|^embeddings\.(position_ids|token_type_ids)$")]
    private static partial Regex BertHeads();
}
