using System.ComponentModel.DataAnnotations;

namespace MedMoE.Mesh.Serving.Settings;

/// <summary>How log lines are written.</summary>
public enum LogFormat
{
    /// <summary>For people: <c>TIME LEVEL SERVICE: MESSAGE request=ID</c>.</summary>
    Text,

    /// <summary>For log collectors: an object on each line.</summary>
    Json,
}

/// <summary>Ports and limits of a service, section "Serving".</summary>
public sealed record ServingOptions
{
    public const string Section = "Serving";

    /// <summary>Address to listen on. Default <c>::</c>, all IPv6 and IPv4 addresses; without IPv6 on the machine it is 0.0.0.0.</summary>
    [Required]
    public string Address { get; init; } = "::";

    /// <summary>Port of gRPC, HTTP/2 without TLS. Default 8080; 0 lets the system choose.</summary>
    [Range(0, 65535)]
    public int GrpcPort { get; init; } = 8080;

    /// <summary>Port of /healthz and /metrics, and of the gateway's doors, HTTP/1.1. Default 8081; 0 lets the system choose.</summary>
    [Range(0, 65535)]
    public int HttpPort { get; init; } = 8081;

    /// <summary>Limit of a message in bytes. Default 32 MiB. A larger one gets RESOURCE_EXHAUSTED.</summary>
    [Range(1 << 10, int.MaxValue)]
    public int MaxMessageBytes { get; init; } = 32 << 20;

    /// <summary>Timeout for running calls after SIGTERM. Default 30 s.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Form of log lines. Default <see cref="LogFormat.Text"/>.</summary>
    public LogFormat Log { get; init; } = LogFormat.Text;

    /// <summary>Name of this process in JSON log lines. Default: the host name, on Kubernetes the pod's name.</summary>
    public string? Replica { get; init; }

    /// <summary>Whether to stop when standard input ends, that is, when the parent process has ended. Default false.</summary>
    public bool StopWithInput { get; init; }
}
