using TorchSharp.Modules;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model;

/// <summary>A linear layer named <c>dense</c>, as nested in Hugging Face's Swin and BERT.</summary>
internal sealed class Dense : Module<Tensor, Tensor>
{
    private readonly Linear dense;

    public Dense(int inputs, int outputs)
        : base(nameof(Dense))
    {
        dense = Linear(inputs, outputs);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => dense.forward(input);
}

/// <summary>A linear layer (<c>dense</c>) and a layer normalisation after the residual (<c>LayerNorm</c>), as in BERT.</summary>
internal sealed class DenseResidual : Module<Tensor, Tensor, Tensor>
{
    private readonly Linear dense;
    private readonly LayerNorm LayerNorm;

    public DenseResidual(int inputs, int outputs, double epsilon)
        : base(nameof(DenseResidual))
    {
        dense = Linear(inputs, outputs);
        LayerNorm = LayerNorm(outputs, epsilon);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input, Tensor residual) => LayerNorm.forward(dense.forward(input).Plus(residual));
}
