using System.ComponentModel.DataAnnotations;

namespace MedMoE.Mesh.TextEncoder;

internal sealed record TextEncoderOptions
{
    public const string Section = "TextEncoder";

    /// <summary>Maximum padded tokens of a batch: texts × tokens of the longest one. Default 2048.</summary>
    [Range(1, 1 << 20)]
    public int MaxBatchTokens { get; init; } = 2048;

    /// <summary>Maximum texts of a batch. Default 64.</summary>
    [Range(1, 4096)]
    public int MaxBatchSize { get; init; } = 64;

    /// <summary>Maximum texts that wait; one more gets RESOURCE_EXHAUSTED. Default 1024.</summary>
    [Range(1, 1 << 20)]
    public int QueueCapacity { get; init; } = 1024;
}
