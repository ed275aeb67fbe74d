using MedMoE.Mesh.Serving.Settings;

namespace MedMoE.Mesh.Local.Plan;

/// <summary>Options of <c>mesh up</c>.</summary>
internal sealed record UpOptions
{
    private static readonly string _publicCertificate = $"{TlsOptions.Section}:{nameof(TlsOptions.PublicCertificate)}=";

    public required string Bundle { get; init; }

    /// <summary>Replicas of services, as <c>ct=2,backbone=2</c>; one of each service not listed.</summary>
    public string Replicas { get; init; } = "";

    /// <summary>Experts that run only while they are asked for, as <c>ct=5m</c>.</summary>
    public IReadOnlyList<string> Idle { get; init; } = [];

    /// <summary>HOST:PORT of a Redis; null starts one in this process.</summary>
    public string? Redis { get; init; }

    /// <summary>Element type of pyramids on the wire and in the cache: fp16, fp32 or bf16.</summary>
    public string Pyramid { get; init; } = "fp16";

    /// <summary>"cpu", "cuda" or "cuda:N".</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>"fp32", "tf32", "bf16", "fp16" or "auto".</summary>
    public string Precision { get; init; } = "fp32";

    /// <summary>The gateway's gRPC port; 0: chosen by the system.</summary>
    public int Port { get; init; }

    /// <summary>The gateway's HTTP port; the replicas of the other services get the next ones. 0: all are chosen by the system.</summary>
    public int HttpPort { get; init; }

    public bool JsonLog { get; init; }

    /// <summary>File of the callers that the gateway accepts; null for everybody.</summary>
    public string? Callers { get; init; }

    /// <summary>TLS on every hop, with certificates made for the run.</summary>
    public bool Tls { get; init; }

    public string Name { get; init; } = "mesh";

    /// <summary>The file of the certificate that clients see, if the settings have one.</summary>
    public string? PublicCertificate => Settings.LastOrDefault(s => s.StartsWith(_publicCertificate, StringComparison.OrdinalIgnoreCase))
        ?[_publicCertificate.Length..];

    /// <summary>KEY=VALUE settings for every service.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Names of the services to run; empty runs all.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];
}
