using System.ComponentModel.DataAnnotations;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>
/// The gRPC addresses of services, section "Endpoints". Each is either <c>dns:///HOST:PORT</c>, which resolves to all replicas, or a list of
/// replicas, <c>HOST:PORT,HOST:PORT</c>. They may change while a service runs.
/// </summary>
public sealed record EndpointOptions
{
    public const string Section = "Endpoints";

    /// <summary>A JSON file with this section, reloaded when it changes. Default: none.</summary>
    public string? File { get; init; }

    /// <summary>Addresses by service name: "backbone", "text-encoder", "expert-ct". An empty text means that no replica runs.</summary>
    public IReadOnlyDictionary<string, string> Services { get; init; } = new Dictionary<string, string>();

    /// <summary>The address of all other services; {0} is the name. Default: dns:///{0}:8080.</summary>
    public string Default { get; init; } = "dns:///{0}:8080";

    /// <summary>Interval of DNS lookups. Default 30 s.</summary>
    public TimeSpan Refresh { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Timeout of HTTP/2 pings; then calls on that connection get UNAVAILABLE or are retried on another replica. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:04", "01:00:00")]
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Name of the version of the model that these services run, as "medmoe/1.0". Needed beside Candidates. Default: none.</summary>
    public string Version { get; init; } = "";

    /// <summary>Other versions of the model, which the gateway sends some of the calls to. Default: none.</summary>
    public IReadOnlyList<CandidateOptions> Candidates { get; init; } = [];

    /// <exception cref="EndpointException">The setting is invalid.</exception>
    public EndpointAddress AddressOf(MeshService service) => Services.TryGetValue(service.Name, out var own)
        ? EndpointAddress.Parse($"{Section}:{nameof(Services)}:{service.Name}", own)
        : EndpointAddress.Parse($"{Section}:{nameof(Default)}", string.Format(null, Default, service.Name));
}
