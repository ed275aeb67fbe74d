namespace MedMoE.Mesh.Studies;

/// <summary>What a batch is made of.</summary>
public enum BatchPlan
{
    /// <summary>Studies that follow each other.</summary>
    Mixed,

    /// <summary>Studies of one report type; a batch is due as soon as its type has enough of them.</summary>
    ByType,
}
