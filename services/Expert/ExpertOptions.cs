using System.ComponentModel.DataAnnotations;

namespace MedMoE.Mesh.Expert;

/// <summary>The expert of this process and its limits, from the section "Expert".</summary>
internal sealed record ExpertOptions
{
    public const string Section = "Expert";

    /// <summary>The expert's name in the bundle.</summary>
    [Required(ErrorMessage = "Expert:Name is missing: it names the expert of the bundle to serve")]
    public string Name { get; init; } = "";

    /// <summary>Maximum images of a batch. Default 8.</summary>
    [Range(1, 1024)]
    public int MaxBatchSize { get; init; } = 8;

    /// <summary>
    /// Maximum open calls, from their first level to their answer, beyond those of one batch. One more ends a call that has waited for its caller's
    /// next message for 2 s, or the last one of a caller with more for its weight, or gets RESOURCE_EXHAUSTED. Default 64.
    /// </summary>
    [Range(1, 1 << 20)]
    public int QueueCapacity { get; init; } = 64;

    /// <summary>How long the oldest level may wait for others to fill the batch while the model is idle. Default 0.</summary>
    public TimeSpan MaxQueueDelay { get; init; } = TimeSpan.Zero;

    /// <summary>Maximum words of all texts of a call; more get INVALID_ARGUMENT. Default 8192.</summary>
    [Range(1, 1 << 20)]
    public int MaxWords { get; init; } = 8192;

    /// <summary>Timeout for a call's next message; then the call gets DEADLINE_EXCEEDED. Default 10 s.</summary>
    public TimeSpan MessageTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Maximum bytes of all open calls: texts and projected levels, 13 MB a call for D = 768 and images of 224 pixels. Beyond it the same happens as
    /// with <see cref="QueueCapacity"/>. Default 0: half of the memory available to the process.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long MaxCallBytes { get; init; }

    /// <summary>
    /// Maximum bytes of the attention computed at the same time, 200 kB per word for images of 224 pixels. If all texts do not fit, they are
    /// processed in several runs; a text that does not fit by itself, and is longer than the bundle's texts, gets INVALID_ARGUMENT. Default 128 MiB.
    /// </summary>
    [Range(1L, 1L << 40)]
    public long MaxAttentionBytes { get; init; } = 128L << 20;

    /// <summary>Maximum bytes of attention and local features in an answer; more get INVALID_ARGUMENT. Default 64 MiB.</summary>
    [Range(1L, int.MaxValue)]
    public long MaxAnswerBytes { get; init; } = 64L << 20;
}
