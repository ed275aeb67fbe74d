using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Router.OpenInference.Tensors;

namespace MedMoE.Mesh.Router.OpenInference.Models;

/// <summary>The outputs of a gate's decision.</summary>
internal static class GateOutputs
{
    public const string Expert = "EXPERT";
    public const string Probabilities = "GATE_PROBABILITIES";

    public static TensorSpec[] Of(BundleManifest manifest) =>
        [new(Expert, ElementType.Bytes, 1), new(Probabilities, ElementType.Fp32, manifest.Experts.Count)];

    /// <summary>Adds the outputs of a decision; the probabilities in the manifest's order.</summary>
    public static void AddTo(Dictionary<string, Cell> outputs, GateDecision decision, BundleManifest manifest)
    {
        outputs.Add(Expert, Cell.Of(decision.Expert));
        outputs.Add(Probabilities, Cell.Of([.. manifest.Experts.Select(expert => decision.Probabilities[expert.Name])]));
    }
}
