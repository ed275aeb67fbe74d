namespace MedMoE.Mesh.Trainer.Data;

/// <summary>What a batch is made of.</summary>
internal enum BatchPlan
{
    Mixed,
    ByType,
}
