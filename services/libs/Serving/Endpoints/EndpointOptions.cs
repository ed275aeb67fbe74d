using System.ComponentModel.DataAnnotations;

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

    public string Router { get; init; } = "dns:///router:8080";

    public string Backbone { get; init; } = "dns:///backbone:8080";

    public string TextEncoder { get; init; } = "dns:///text-encoder:8080";

    /// <summary>Experts that are not in <see cref="Experts"/>; {0} is the expert's name.</summary>
    public string Expert { get; init; } = "dns:///expert-{0}:8080";

    /// <summary>Single experts, by name. An empty text means that none runs.</summary>
    public IReadOnlyDictionary<string, string> Experts { get; init; } = new Dictionary<string, string>();

    /// <summary>How often names are resolved again. Default 30 s.</summary>
    public TimeSpan Refresh { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a replica may leave HTTP/2 pings unanswered; then calls on that connection get UNAVAILABLE, or go to another replica. Default 15 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:04", "01:00:00")]
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The endpoint of a service.</summary>
    public string Of(MeshService service) => service.Kind switch
    {
        ServiceKind.Router => Router,
        ServiceKind.Backbone => Backbone,
        ServiceKind.TextEncoder => TextEncoder,
        _ => Experts.TryGetValue(service.Expert!, out var endpoint) ? endpoint : string.Format(null, Expert, service.Expert),
    };

    /// <summary>The endpoint of a service, taken apart.</summary>
    /// <exception cref="EndpointException">It cannot be.</exception>
    public EndpointAddress AddressOf(MeshService service) => EndpointAddress.Parse($"{Section}:{SettingOf(service)}", Of(service));

    private string SettingOf(MeshService service) => service.Kind switch
    {
        ServiceKind.Router => nameof(Router),
        ServiceKind.Backbone => nameof(Backbone),
        ServiceKind.TextEncoder => nameof(TextEncoder),
        _ => Experts.ContainsKey(service.Expert!) ? $"{nameof(Experts)}:{service.Expert}" : nameof(Expert),
    };
}
