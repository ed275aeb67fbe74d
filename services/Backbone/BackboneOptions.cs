using System.ComponentModel.DataAnnotations;

namespace MedMoE.Mesh.Backbone;

internal sealed record BackboneOptions
{
    public const string Section = "Backbone";

    /// <summary>Maximum images of a batch. Default 8.</summary>
    [Range(1, 1024)]
    public int MaxBatchSize { get; init; } = 8;

    /// <summary>Maximum images that wait for the model, and as many that wait to be decoded; one more gets RESOURCE_EXHAUSTED. Default 64.</summary>
    [Range(1, 1 << 20)]
    public int QueueCapacity { get; init; } = 64;

    /// <summary>How long the oldest image may wait for others to fill the batch while the model is idle. Default 0.</summary>
    public TimeSpan MaxQueueDelay { get; init; } = TimeSpan.Zero;

    /// <summary>Maximum pixels of an image, checked from its header; a side counts at least as the model's. Default 64 Mi.</summary>
    [Range(1L, int.MaxValue / 3)]
    public long MaxPixels { get; init; } = 64L << 20;

    /// <summary>
    /// Maximum bytes for decoding images at the same time, and as many again for encoded images that wait. An image that needs more by itself
    /// (interlaced or progressive, which must be held whole) gets INVALID_ARGUMENT; others wait, or get RESOURCE_EXHAUSTED. Default 0: a quarter of
    /// the memory available to the process.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long MaxDecodingBytes { get; init; }
}
