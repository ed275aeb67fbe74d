using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Model.Bert;

/// <summary>A BERT encoder's <c>config.json</c> as Hugging Face writes it. Only the first token type is used.</summary>
public sealed record BertConfig(
    int VocabularySize, int HiddenSize, int Layers, int Heads, int IntermediateSize, int MaxPositions, int TokenTypes, double LayerNormEpsilon)
{
    /// <summary>Number of elements of matrices and tables, nearly all of the network.</summary>
    public long Parameters =>
        HiddenSize * ((long)VocabularySize + MaxPositions + TokenTypes + (Layers * ((4L * HiddenSize) + (2L * IntermediateSize))));

    /// <exception cref="BundleException">Missing, not JSON, not a BERT configuration, or not supported.</exception>
    public static BertConfig Read(string path)
    {
        var json = ConfigFile.Read(path);
        json.Require("model_type", "bert");
        json.Require("hidden_act", "gelu");
        json.Require("position_embedding_type", "absolute");
        json.RequireFalse("is_decoder");
        json.RequireFalse("add_cross_attention");
        json.RequireEmpty("pruned_heads");
        var config = new BertConfig(
            json.Int("vocab_size", 30522, 1_000_000), json.Int("hidden_size", 768, 8192), json.Int("num_hidden_layers", 12, 128),
            json.Int("num_attention_heads", 12, 1024), json.Int("intermediate_size", 3072, 65536), json.Int("max_position_embeddings", 512, 65536),
            json.Int("type_vocab_size", 2, 1024), json.Double("layer_norm_eps", 1e-12, ConfigFile.LeastEpsilon, 1));
        if (config.HiddenSize % config.Heads != 0)
        {
            json.Fault($"hidden_size {config.HiddenSize} is not divisible by num_attention_heads {config.Heads}");
        }
        json.ThrowOnFaults();
        return config;
    }

    /// <summary>Multiply-adds of one text with this many tokens, matrix products only.</summary>
    public long MultiplyAdds(int tokens) => (long)Layers * tokens * HiddenSize * ((4L * HiddenSize) + (2L * IntermediateSize) + (2L * tokens));
}
