using System.ComponentModel.DataAnnotations;
using DataType = MedMoE.Mesh.V1.DataType;

namespace MedMoE.Mesh.Router.Settings;

/// <summary>How the router treats requests, from the section "Router".</summary>
internal sealed record RouterOptions
{
    public const string Section = "Router";

    /// <summary>Element type of pyramids on the wire and in the cache: Fp16 (default), Fp32 or Bf16.</summary>
    [AllowedValues(DataType.Fp16, DataType.Fp32, DataType.Bf16)]
    public DataType PyramidType { get; init; } = DataType.Fp16;

    /// <summary>How long a call to another service may take, a second try included; past that, DEADLINE_EXCEEDED. Default 60 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Items of one AnalyzeStream that run at once; further ones are read when one has ended. Default 16.</summary>
    [Range(1, 4096)]
    public int StreamConcurrency { get; init; } = 16;

    /// <summary>
    /// Bytes of requests, and of answers that are not read yet, held at once: half for calls with one message, of which one more gets
    /// RESOURCE_EXHAUSTED, half for streams, which are read more slowly. A message that is alone is always taken. In memory a request takes up to
    /// three times its bytes. Default 128 MiB.
    /// </summary>
    [Range(1L << 10, 1L << 40)]
    public long MaxBytes { get; init; } = 128 << 20;

    /// <summary>
    /// Texts of a request at most, reports, phrases and prompts; more get INVALID_ARGUMENT. Default 256: at 25 tokens and D = 768 their words fit
    /// into one message to an expert, and are fewer than Expert:MaxWords.
    /// </summary>
    [Range(1, 1 << 20)]
    public int MaxTexts { get; init; } = 256;
}
