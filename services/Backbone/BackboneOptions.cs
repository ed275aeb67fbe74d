using System.ComponentModel.DataAnnotations;

namespace MedMoE.Mesh.Backbone;

/// <summary>Limits of the backbone, from the section "Backbone".</summary>
internal sealed record BackboneOptions
{
    public const string Section = "Backbone";

    /// <summary>Images of a batch at most. Default 8.</summary>
    [Range(1, 1024)]
    public int MaxBatchSize { get; init; } = 8;

    /// <summary>Images that may wait for the model, and as many for being decoded; one more gets RESOURCE_EXHAUSTED. Default 64.</summary>
    [Range(1, 1 << 20)]
    public int QueueCapacity { get; init; } = 64;

    /// <summary>How long the oldest image may wait for company while the model is idle. Default 0.</summary>
    public TimeSpan MaxQueueDelay { get; init; } = TimeSpan.Zero;

    /// <summary>
    /// Width times height of an image at most, refused from its header; a side below the model's counts as that. Default 64 Mi.
    /// </summary>
    [Range(1L, int.MaxValue / 3)]
    public long MaxPixels { get; init; } = 64L << 20;

    /// <summary>
    /// Bytes that images may take together while they are decoded, and as many again, encoded, while they wait. An image that takes more alone
    /// (interlaced or progressive, which must be held whole) gets INVALID_ARGUMENT; others wait, or get RESOURCE_EXHAUSTED. Default 0: a quarter of
    /// the memory that the process may use.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long MaxDecodingBytes { get; init; }
}
