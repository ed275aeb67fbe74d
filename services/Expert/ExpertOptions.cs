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
    public int LargestBatch { get; init; } = 8;

    /// <summary>Calls that may be open, from their first message to their answer, beyond those of one batch; one more gets RESOURCE_EXHAUSTED. Default 64.</summary>
    [Range(1, 1 << 20)]
    public int QueueCapacity { get; init; } = 64;

    /// <summary>How long the oldest level may wait for company while the model is idle. Default 0.</summary>
    public TimeSpan QueueDelay { get; init; } = TimeSpan.Zero;

    /// <summary>Words of all texts of a call together at most; more get INVALID_ARGUMENT. Default 8192.</summary>
    [Range(1, 1 << 20)]
    public int MostWords { get; init; } = 8192;

    /// <summary>How long an open call may wait for its next message; then it gets DEADLINE_EXCEEDED. Default 60 s.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);
}
