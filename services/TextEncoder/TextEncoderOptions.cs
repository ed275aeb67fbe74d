using System.ComponentModel.DataAnnotations;

namespace MedMoE.Mesh.TextEncoder;

/// <summary>Limits of the text encoder, from the section "TextEncoder".</summary>
internal sealed record TextEncoderOptions
{
    public const string Section = "TextEncoder";

    /// <summary>Padded tokens of a batch at most: texts times the longest one's tokens. Default 2048.</summary>
    [Range(1, 1 << 20)]
    public int MaxBatchTokens { get; init; } = 2048;

    /// <summary>Texts of a batch at most. Default 64.</summary>
    [Range(1, 4096)]
    public int MaxBatchSize { get; init; } = 64;

    /// <summary>Texts that may wait; one more gets RESOURCE_EXHAUSTED. Default 1024.</summary>
    [Range(1, 1 << 20)]
    public int QueueCapacity { get; init; } = 1024;
}
