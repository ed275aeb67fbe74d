namespace MedMoE.Mesh.Bundle;

/// <summary>The two variants of MedMoE that a bundle can hold.</summary>
public enum Architecture
{
    /// <summary>The paper, section 4.3: stage outputs before patch merging, depthwise separable projections, 2-D bilinear interpolation.</summary>
    Paper,

    /// <summary>The released code: patch embedding, stages after merging, a 1×1 convolution, 1-D linear interpolation, GLoRIA's attention.</summary>
    Reference,
}
