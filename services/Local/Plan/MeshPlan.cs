using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Local.Security;
using MedMoE.Mesh.Wire.Catalog;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Local.Plan;

/// <param name="Version">The version of the model that the mesh starts with.</param>
/// <param name="HttpPort">The gateway's; see <see cref="UpOptions.HttpPort"/>.</param>
/// <param name="Certificates">Those of the run; null without TLS.</param>
internal sealed record MeshPlan(MeshVersion Version, int HttpPort = 0, RunCertificates? Certificates = null)
{
    /// <summary>The key of this process at the gateway; null where everybody may call.</summary>
    public string? Key { get; private init; }

    /// <summary>Experts, by short name, that are started when they are asked for, and how long they then run without a call.</summary>
    public IReadOnlyDictionary<string, TimeSpan> Idle { get; private init; } = new Dictionary<string, TimeSpan>();

    /// <summary>In the order of starting.</summary>
    public IReadOnlyList<ProcessSpec> Services => Version.Services;

    /// <summary>How this process calls a service.</summary>
    public MeshTransport TransportTo(ServiceKind kind) =>
        (kind == ServiceCatalog.Gateway ? Certificates?.ToGateway : Certificates?.ToServices) ?? MeshTransport.Plain;

    /// <summary>The plan for a bundle.</summary>
    /// <exception cref="LocalMeshException">Replicas given for an unknown service.</exception>
    public static MeshPlan For(
        UpOptions options, BundleManifest manifest, ServiceArguments arguments, RunCertificates? certificates = null, string? key = null)
    {
        var version = arguments.VersionOf(manifest, options.Bundle, number: 1);
        var counts = ReplicaCounts.Parse(options.Replicas, version.Services);
        var idle = IdleTimes.Parse(options.Idle, version.Services);
        ProcessSpec Counted(ProcessSpec s) => s with { Replicas = counts.GetValueOrDefault(s.ShortName, idle.ContainsKey(s.ShortName) ? 0 : 1) };
        return new MeshPlan(version with { Services = [.. version.Services.Select(Counted)] }, options.HttpPort, certificates)
        {
            Key = key,
            Idle = idle,
        };
    }
}
