namespace MedMoE.Mesh.Studies;

/// <summary>How studies are grouped into batches.</summary>
public enum BatchPlan
{
    /// <summary>Consecutive studies.</summary>
    Mixed,

    /// <summary>Studies of one report type; a batch is complete as soon as its type has enough of them.</summary>
    ByType,
}
