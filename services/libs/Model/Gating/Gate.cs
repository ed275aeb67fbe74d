using TorchSharp.Modules;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Gating;

/// <summary>
/// Both gates as a network to train: W2 ReLU(W1 x) on the sentence embedding (report) and on the pooled image feature (image). The paper,
/// section 4.3. For inference there is <see cref="Bundle.Gating.GateScorer"/>, which needs no libtorch.
/// </summary>
public sealed class Gate : Module
{
    /// <summary>Width of the hidden layer.</summary>
    public const int Hidden = 128;

    private readonly Sequential report;
    private readonly Sequential image;

    /// <param name="sentenceDim">Dimensions of the sentence embedding.</param>
    /// <param name="featureDim">Dimensions of the pooled image feature.</param>
    /// <param name="experts">Experts to choose from.</param>
    public Gate(int sentenceDim, int featureDim, int experts)
        : base(nameof(Gate))
    {
        report = Perceptron(sentenceDim, experts);
        image = Perceptron(featureDim, experts);
        RegisterComponents();
    }

    /// <summary>Logits of the report gate, [batch, experts]; the loss takes the cross-entropy of these.</summary>
    public Tensor ReportLogits(Tensor sentences) => report.forward(sentences);

    /// <summary>Logits of the image gate, [batch, experts].</summary>
    public Tensor ImageLogits(Tensor pooled) => image.forward(pooled);

    private static Sequential Perceptron(int inputs, int outputs) =>
        Sequential(("0", Linear(inputs, Hidden)), ("1", ReLU()), ("2", Linear(Hidden, outputs)));
}
