using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Bert;

/// <summary>The BERT encoder (Devlin et al., arXiv 1810.04805). Parameters have Hugging Face's names without "bert.".</summary>
public sealed class BertEncoder : Module
{
    private readonly BertEmbeddings embeddings;
    private readonly BertLayers encoder;

    /// <summary>MedMoE does not use BERT's pooler, so there is none.</summary>
    public BertEncoder(BertConfig config)
        : base(nameof(BertEncoder))
    {
        Config = config;
        embeddings = new BertEmbeddings(config);
        encoder = new BertLayers(config);
        RegisterComponents();
    }

    public BertConfig Config { get; }

    /// <summary>All hidden states: the embeddings, then the output of each layer, each [batch, tokens, hidden].</summary>
    /// <param name="inputIds">[batch, tokens], int64.</param>
    /// <param name="attentionMask">[batch, tokens], int64: 1 for a text's own tokens, 0 for padding, which no token attends to.</param>
    public IReadOnlyList<Tensor> HiddenStates(Tensor inputIds, Tensor attentionMask)
    {
        using var scope = NewDisposeScope();
        var states = new List<Tensor> { embeddings.forward(inputIds) };
        // [batch, 1, 1, tokens]: the same for all heads and queries.
        var mask = attentionMask.to(ScalarType.Bool).view(attentionMask.shape[0], 1, 1, -1);
        foreach (var layer in encoder.layer)
        {
            states.Add(layer.forward(states[^1], mask));
        }
        return [.. states.Select(s => s.MoveToOuterDisposeScope())];
    }

    private sealed class BertEmbeddings : Module<Tensor, Tensor>
    {
        private readonly Embedding word_embeddings;
        private readonly Embedding position_embeddings;
        private readonly Embedding token_type_embeddings;
        private readonly LayerNorm LayerNorm;

        public BertEmbeddings(BertConfig config)
            : base(nameof(BertEmbeddings))
        {
            word_embeddings = Embedding(config.VocabularySize, config.HiddenSize);
            position_embeddings = Embedding(config.MaxPositions, config.HiddenSize);
            token_type_embeddings = Embedding(config.TokenTypes, config.HiddenSize);
            LayerNorm = LayerNorm(config.HiddenSize, config.LayerNormEpsilon);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var positions = position_embeddings.weight!.narrow(0, 0, input.shape[1]);
            var sum = word_embeddings.forward(input).Plus(positions).Plus(token_type_embeddings.weight![0]);
            return LayerNorm.forward(sum).MoveToOuterDisposeScope();
        }
    }

    private sealed class BertLayers : Module
    {
        public readonly ModuleList<BertLayer> layer;

        public BertLayers(BertConfig config)
            : base(nameof(BertLayers))
        {
            layer = ModuleList<BertLayer>([.. Enumerable.Range(0, config.Layers).Select(_ => new BertLayer(config))]);
            RegisterComponents();
        }
    }

    private sealed class BertLayer : Module<Tensor, Tensor, Tensor>
    {
        private readonly BertAttention attention;
        private readonly Dense intermediate;
        private readonly DenseResidual output;

        public BertLayer(BertConfig config)
            : base(nameof(BertLayer))
        {
            attention = new BertAttention(config);
            intermediate = new Dense(config.HiddenSize, config.IntermediateSize);
            output = new DenseResidual(config.IntermediateSize, config.HiddenSize, config.LayerNormEpsilon);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input, Tensor mask)
        {
            using var scope = NewDisposeScope();
            var attended = attention.forward(input, mask);
            return output.forward(functional.gelu(intermediate.forward(attended)), attended).MoveToOuterDisposeScope();
        }
    }

    private sealed class BertAttention : Module<Tensor, Tensor, Tensor>
    {
        [ComponentName(Name = "self")]
        private readonly BertSelfAttention _self;
        private readonly DenseResidual output;

        public BertAttention(BertConfig config)
            : base(nameof(BertAttention))
        {
            _self = new BertSelfAttention(config);
            output = new DenseResidual(config.HiddenSize, config.HiddenSize, config.LayerNormEpsilon);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input, Tensor mask) => output.forward(_self.forward(input, mask), input);
    }

    private sealed class BertSelfAttention : Module<Tensor, Tensor, Tensor>
    {
        private readonly Linear query;
        private readonly Linear key;
        private readonly Linear value;
        private readonly int _heads;

        public BertSelfAttention(BertConfig config)
            : base(nameof(BertSelfAttention))
        {
            query = Linear(config.HiddenSize, config.HiddenSize);
            key = Linear(config.HiddenSize, config.HiddenSize);
            value = Linear(config.HiddenSize, config.HiddenSize);
            _heads = config.Heads;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input, Tensor mask)
        {
            using var scope = NewDisposeScope();
            var (batch, tokens, hidden) = (input.shape[0], input.shape[1], input.shape[2]);
            Tensor Heads(Linear projection) => projection.forward(input).view(batch, tokens, _heads, -1).transpose(1, 2);
            return functional.scaled_dot_product_attention(Heads(query), Heads(key), Heads(value), mask)
                .transpose(1, 2).reshape(batch, tokens, hidden).MoveToOuterDisposeScope();
        }
    }
}
