using System.ComponentModel.DataAnnotations;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>Where a service listens and what it takes, from the section "Serving".</summary>
public sealed record ServingOptions
{
    public const string Section = "Serving";

    /// <summary>
    /// Address to listen on. Default <c>::</c>, every one of IPv6 and of IPv4, as a container needs; on a machine without IPv6 that is 0.0.0.0.
    /// </summary>
    [Required]
    public string Address { get; init; } = "::";

    /// <summary>Port of gRPC, HTTP/2 without TLS. Default 8080; 0 lets the system choose.</summary>
    [Range(0, 65535)]
    public int GrpcPort { get; init; } = 8080;

    /// <summary>Port of /healthz and /metrics, HTTP/1.1. Default 8081; 0 lets the system choose.</summary>
    [Range(0, 65535)]
    public int HttpPort { get; init; } = 8081;

    /// <summary>Bytes of a message at most, 32 MiB by default; a larger one gets RESOURCE_EXHAUSTED.</summary>
    [Range(1 << 10, int.MaxValue)]
    public int MaxMessageBytes { get; init; } = 32 << 20;

    /// <summary>How long running calls may take to end after SIGTERM. Default 30 s.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether to stop when standard input ends, as when the program that started the service is gone. Default false.</summary>
    public bool StopWithInput { get; init; }
}
