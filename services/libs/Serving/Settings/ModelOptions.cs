using System.ComponentModel.DataAnnotations;

namespace MedMoE.Mesh.Serving.Settings;

/// <summary>The model of a service, section "Model".</summary>
public sealed record ModelOptions
{
    public const string Section = "Model";

    [Required(ErrorMessage = "Model:Bundle is missing: the folder of the bundle")]
    public string Bundle { get; init; } = "";

    /// <summary>"cpu" (default), "cuda" or "cuda:N".</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>"fp32" (default), "tf32", "bf16", "fp16", or "auto": bf16 on devices that support it.</summary>
    [AllowedValues("fp32", "tf32", "bf16", "fp16", "auto")]
    public string Precision { get; init; } = "fp32";

    /// <summary>
    /// How often a service with a network looks whether its bundle's files have changed; it then exchanges the weights between two batches. Files
    /// that stay the same for this long are taken. 0 (default): never, new weights need a restart.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan Watch { get; init; }
}
