using MedMoE.Mesh.Evaluation.Reading;
using MedMoE.Mesh.Training;

namespace MedMoE.Mesh.Trainer.Ablation;

/// <summary>A row of the table. It uses the networks of the variant <paramref name="TrainedAs"/>; without an expert, the first one.</summary>
internal sealed record Variant(string Name, string Title, ExpertChoice? Expert, ExpertRouting Routing, int FirstLevel, string TrainedAs)
{
    /// <summary>The paper's claims: MedMoE, and MedMoE without each part that is claimed to improve it.</summary>
    public static IReadOnlyList<Variant> All { get; } =
    [
        new("medmoe", "MedMoE", ExpertChoice.Auto, ExpertRouting.Type, 0, "medmoe"),
        new("shared", "one shared expert, as many parameters as all", null, ExpertRouting.Shared, 0, "shared"),
        new("last-level", "last level alone, no multi-scale attention", ExpertChoice.Auto, ExpertRouting.Type, 3, "last-level"),
        new("wrong-expert", "MedMoE, a wrong expert forced", new(ExpertPolicy.Wrong), ExpertRouting.Type, 0, "medmoe"),
    ];

    public bool IsTrained => TrainedAs == Name;
}
