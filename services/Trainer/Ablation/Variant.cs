using MedMoE.Mesh.Evaluation.Reading;
using MedMoE.Mesh.Training;

namespace MedMoE.Mesh.Trainer.Ablation;

/// <summary>A model to compare with MedMoE.</summary>
/// <param name="Name">Folder of its runs.</param>
/// <param name="Title">Row of the table.</param>
/// <param name="Routing">Which expert is trained on a pair.</param>
/// <param name="FirstLevel">The finest pyramid level in use.</param>
/// <param name="Expert">Which expert is used in evaluation; null for the first one.</param>
/// <param name="TrainedAs">Name of the variant whose trained networks it uses; its own name if it is trained itself.</param>
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
