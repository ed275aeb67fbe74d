using System.ComponentModel.DataAnnotations;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>
/// Where the mesh's services answer gRPC, from the section "Endpoints". Each is either <c>dns:///HOST:PORT</c>, whose every address is a
/// replica, or the replicas themselves, <c>HOST:PORT,HOST:PORT</c>. They may change while a service runs.
/// </summary>
public sealed record EndpointOptions
{
    public const string Section = "Endpoints";

    /// <summary>A JSON file with this section, read again when it changes. Default: none.</summary>
    public string? File { get; init; }

    /// <summary>Endpoints of services by their names: "backbone", "text-encoder", "expert-ct". An empty text means that none runs.</summary>
    public IReadOnlyDictionary<string, string> Services { get; init; } = new Dictionary<string, string>();

    /// <summary>The endpoint of every other service; {0} is its name. Default: dns:///{0}:8080.</summary>
    public string Default { get; init; } = "dns:///{0}:8080";

    /// <summary>How often names are resolved again. Default 30 s.</summary>
    public TimeSpan Refresh { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a replica may leave HTTP/2 pings unanswered; then calls on that connection get UNAVAILABLE, or go to another replica. Default 15 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:04", "01:00:00")]
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The endpoint of a service.</summary>
    /// <exception cref="EndpointException">It cannot be read.</exception>
    public EndpointAddress AddressOf(MeshService service) => Services.TryGetValue(service.Name, out var own)
        ? EndpointAddress.Parse($"{Section}:{nameof(Services)}:{service.Name}", own)
        : EndpointAddress.Parse($"{Section}:{nameof(Default)}", string.Format(null, Default, service.Name));
}
