using System.ComponentModel.DataAnnotations;
using DataType = MedMoE.Mesh.V1.DataType;

namespace MedMoE.Mesh.Router.Settings;

internal sealed record RouterOptions
{
    public const string Section = "Router";

    /// <summary>Element type of pyramids on the wire and in the cache: Fp16 (default), Fp32 or Bf16.</summary>
    [AllowedValues(DataType.Fp16, DataType.Fp32, DataType.Bf16)]
    public DataType PyramidType { get; init; } = DataType.Fp16;

    /// <summary>Timeout of a call to another service, a retry included; then DEADLINE_EXCEEDED. Default 60 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Maximum concurrent calls to the backbone; further ones wait, and callers take turns. At least two batches for each backbone. Default 64.
    /// </summary>
    [Range(1, 1 << 16)]
    public int MaxExtractions { get; init; } = 64;

    /// <summary>Maximum calls to the backbone that wait; more get RESOURCE_EXHAUSTED. Default 1024.</summary>
    [Range(0, 1 << 20)]
    public int QueueCapacity { get; init; } = 1024;

    /// <summary>Maximum concurrent items of one AnalyzeStream; the next one is read when one has ended. Default 16.</summary>
    [Range(1, 4096)]
    public int StreamConcurrency { get; init; } = 16;

    /// <summary>Maximum items of an Open Inference request; they run at once. More get INVALID_ARGUMENT. Default 16.</summary>
    [Range(1, 4096)]
    public int MaxBatchSize { get; init; } = 16;

    /// <summary>
    /// Maximum bytes of requests and unread answers: half for calls with one message, which get RESOURCE_EXHAUSTED beyond it, half for streams, which
    /// are then read more slowly. A single message is always accepted. In memory a request takes up to three times its bytes. Default 128 MiB.
    /// </summary>
    [Range(1L << 10, 1L << 40)]
    public long MaxBytes { get; init; } = 128 << 20;

    /// <summary>
    /// Maximum texts of a request (reports, phrases and prompts); more get INVALID_ARGUMENT. Default 256: at 25 tokens and D = 768 their words fit
    /// into one message to an expert and are fewer than Expert:MaxWords.
    /// </summary>
    [Range(1, 1 << 20)]
    public int MaxTexts { get; init; } = 256;

    /// <summary>
    /// How long a call for an expert without replicas waits for the first one, which an autoscaler starts; then UNAVAILABLE. 0: UNAVAILABLE at once.
    /// Default 30 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan WakeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Maximum calls that wait for one expert's first replica; more get RESOURCE_EXHAUSTED. They come to it all at once: no more than its
    /// Expert:QueueCapacity. Default 64.
    /// </summary>
    [Range(1, 1 << 16)]
    public int MaxWaking { get; init; } = 64;
}
