namespace MedMoE.Mesh.Bundle.Gating;

/// <summary>How the expert is selected.</summary>
public enum GatingPolicy
{
    /// <summary><see cref="Report"/> if the request has text, else <see cref="Image"/>.</summary>
    Auto,

    /// <summary>The gate on the report's sentence embedding (the paper's text, section 4.3).</summary>
    Report,

    /// <summary>The gate on the backbone's pooled feature (the paper's figure 2 and the released code).</summary>
    Image,

    /// <summary>The caller names the expert or a DICOM modality.</summary>
    Explicit,
}
