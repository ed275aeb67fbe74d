using System.ComponentModel.DataAnnotations;

namespace MedMoE.Mesh.Gateway.Audit;

/// <summary>A line for each call: who, what, when, with which result. Section "Audit".</summary>
internal sealed record AuditOptions
{
    public const string Section = "Audit";

    /// <summary>Value of <see cref="File"/> for standard output.</summary>
    public const string StandardOutput = "-";

    /// <summary>File that the lines are appended to; "-" for standard output. Default: no audit.</summary>
    public string? File { get; init; }

    /// <summary>Size at which the file is closed and a new one begun, with a number in its name. Default 100 MiB.</summary>
    [Range(1L << 10, 1L << 40)]
    public long MaxFileBytes { get; init; } = 100 << 20;

    /// <summary>How many files are kept; the oldest is deleted. Default 100.</summary>
    [Range(1, 100_000)]
    public int MaxFiles { get; init; } = 100;

    /// <summary>
    /// File with a secret of 32 bytes or more. Images are told apart by HMAC-SHA-256 with it, so that only its owner can find an image that he has in
    /// the audit. Default: a random one for each start; then hashes of two starts cannot be compared.
    /// </summary>
    public string? HashKey { get; init; }
}
