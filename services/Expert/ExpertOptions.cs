using System.ComponentModel.DataAnnotations;

namespace MedMoE.Mesh.Expert;

/// <summary>Which expert this process is, and its limits, from the section "Expert".</summary>
internal sealed record ExpertOptions
{
    public const string Section = "Expert";

    /// <summary>The expert's name in the bundle.</summary>
    [Required(ErrorMessage = "Expert:Name is missing: which expert of the bundle this is")]
    public string Name { get; init; } = "";

    /// <summary>Images whose levels are projected together at most. Default 8.</summary>
    [Range(1, 1024)]
    public int MaxBatchSize { get; init; } = 8;

    /// <summary>
    /// Calls that may be open, from their first level to their answer, beyond those of one batch. One more takes the place of a call that has
    /// waited for its caller's next message for 2 s, or gets RESOURCE_EXHAUSTED. Default 64.
    /// </summary>
    [Range(1, 1 << 20)]
    public int QueueCapacity { get; init; } = 64;

    /// <summary>How long the oldest level may wait for company while the model is idle. Default 0.</summary>
    public TimeSpan MaxQueueDelay { get; init; } = TimeSpan.Zero;

    /// <summary>Words of all texts of a call together at most; more get INVALID_ARGUMENT. Default 8192.</summary>
    [Range(1, 1 << 20)]
    public int MaxWords { get; init; } = 8192;

    /// <summary>How long an open call may wait for its caller's next message; then it gets DEADLINE_EXCEEDED. Default 10 s.</summary>
    public TimeSpan MessageTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Bytes that open calls may hold together: texts and projected levels, 13 MB a call for D = 768 and images of 224 pixels. Beyond that as
    /// beyond <see cref="QueueCapacity"/>. Default 0: half of the memory that the process may use.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long MaxCallBytes { get; init; }

    /// <summary>
    /// Bytes of the attention that is computed at once, 200 kB a word for images of 224 pixels. Texts are taken one after the other where all
    /// do not fit; a text that does not fit alone, and is longer than the bundle's texts, gets INVALID_ARGUMENT. Default 128 MiB.
    /// </summary>
    [Range(1L, 1L << 40)]
    public long MaxAttentionBytes { get; init; } = 128L << 20;

    /// <summary>
    /// Bytes of attention and local features in an answer at most; a call that asks for more gets INVALID_ARGUMENT. Default 64 MiB.
    /// </summary>
    [Range(1L, int.MaxValue)]
    public long MaxAnswerBytes { get; init; } = 64L << 20;
}
