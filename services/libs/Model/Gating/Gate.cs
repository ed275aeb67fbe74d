using TorchSharp.Modules;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Gating;

/// <summary>
/// Both gates as a trainable network: W2 ReLU(W1 x) on the sentence embedding (report) and on the pooled image feature (image); the paper, section
/// 4.3. Inference uses <see cref="Bundle.Gating.GateScorer"/>, without libtorch.
/// </summary>
public sealed class Gate : Module
{
    public const int Hidden = 128;

    private readonly Sequential report;
    private readonly Sequential image;

    public Gate(int sentenceDim, int featureDim, int experts)
        : base(nameof(Gate))
    {
        report = Perceptron(sentenceDim, experts);
        image = Perceptron(featureDim, experts);
        RegisterComponents();
    }

    /// <summary>Logits of the report gate, [batch, experts], for the cross-entropy.</summary>
    public Tensor ReportLogits(Tensor sentences) => report.forward(sentences);

    /// <summary>Logits of the image gate, [batch, experts].</summary>
    public Tensor ImageLogits(Tensor pooled) => image.forward(pooled);

    private static Sequential Perceptron(int inputs, int outputs) =>
        Sequential(("0", Linear(inputs, Hidden)), ("1", ReLU()), ("2", Linear(Hidden, outputs)));
}
