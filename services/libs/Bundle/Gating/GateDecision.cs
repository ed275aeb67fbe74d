using System.Numerics.Tensors;

namespace MedMoE.Mesh.Bundle.Gating;

/// <summary>Which expert runs, and why.</summary>
/// <param name="Policy">The policy that decided; never <see cref="GatingPolicy.Auto"/>.</param>
/// <param name="Expert">Index of the expert in the manifest.</param>
/// <param name="Probabilities">Probability of each expert in the manifest's order; 1 for the one named where the caller named it.</param>
public sealed record GateDecision(GatingPolicy Policy, int Expert, IReadOnlyList<float> Probabilities)
{
    /// <summary>Hard selection: the most probable expert, and it alone, runs (the paper, section 4.3).</summary>
    public static GateDecision MostProbable(GatingPolicy policy, float[] probabilities) =>
        new(policy, TensorPrimitives.IndexOfMax<float>(probabilities), probabilities);

    public static GateDecision Named(int expert, int experts)
    {
        var probabilities = new float[experts];
        probabilities[expert] = 1;
        return new(GatingPolicy.Explicit, expert, probabilities);
    }
}
