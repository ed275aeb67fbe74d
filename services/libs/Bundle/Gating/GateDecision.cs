using System.Numerics.Tensors;

namespace MedMoE.Mesh.Bundle.Gating;

/// <summary>
/// Which expert runs, and why. The policy is never <see cref="GatingPolicy.Auto"/>. The probabilities are in the manifest's order; an expert that the
/// caller named has probability 1.
/// </summary>
public sealed record GateDecision(GatingPolicy Policy, int Expert, IReadOnlyList<float> Probabilities)
{
    /// <summary>Hard selection: only the most probable expert runs (the paper, section 4.3).</summary>
    public static GateDecision MostProbable(GatingPolicy policy, float[] probabilities) =>
        new(policy, TensorPrimitives.IndexOfMax<float>(probabilities), probabilities);

    public static GateDecision Named(int expert, int experts)
    {
        var probabilities = new float[experts];
        probabilities[expert] = 1;
        return new(GatingPolicy.Explicit, expert, probabilities);
    }
}
