using System.Globalization;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Local.Security;
using MedMoE.Mesh.Serving.Access;
using MedMoE.Mesh.Wire.Catalog;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Local.Plan;

/// <param name="Services">In the order of starting.</param>
/// <param name="HttpPort">The gateway's; see <see cref="UpOptions.HttpPort"/>.</param>
/// <param name="Certificates">Those of the run; null without TLS.</param>
internal sealed record MeshPlan(IReadOnlyList<ProcessSpec> Services, int HttpPort = 0, RunCertificates? Certificates = null)
{
    /// <summary>The key of this process at the gateway; null where everybody may call.</summary>
    public string? Key { get; private init; }

    /// <summary>Experts, by short name, that are started when they are asked for, and how long they then run without a call.</summary>
    public IReadOnlyDictionary<string, TimeSpan> Idle { get; private init; } = new Dictionary<string, TimeSpan>();

    /// <summary>How this process calls a service.</summary>
    public MeshTransport TransportTo(ServiceKind kind) =>
        (kind == ServiceCatalog.Gateway ? Certificates?.ToGateway : Certificates?.ToServices) ?? MeshTransport.Plain;

    /// <summary>All services for a bundle, or those in <see cref="UpOptions.Only"/>.</summary>
    /// <exception cref="LocalMeshException">Replicas given for an unknown service.</exception>
    public static MeshPlan For(
        UpOptions options, BundleManifest manifest, string endpointsFile, string redis, RunCertificates? certificates = null)
    {
        string[] model = [$"--Model:Bundle={Path.GetFullPath(options.Bundle)}"];
        string[] network = [$"--Model:Device={options.Device}", $"--Model:Precision={options.Precision}"];
        string[] endpoints = [$"--Endpoints:File={endpointsFile}"];
        string[] cache =
        [
            $"--Cache:Redis={redis}",
            // The embedded Redis shares the cores with all services, and is late when they are busy, not broken.
            .. options.Redis is null ? ["--Cache:RedisTimeout=00:00:00.250"] : Array.Empty<string>(),
            $"--Router:PyramidType={options.Pyramid.ToUpperInvariant()}",
            // Nobody starts the others.
            .. options.Idle.Count == 0 ? ["--Router:WakeTimeout=0"] : Array.Empty<string>(),
        ];
        var key = options.Callers is null ? null : AccessKey.Create();
        string[] access = key is null ? []
            : [$"--Access:Callers={Path.GetFullPath(options.Callers!)}", $"--Access:Operator={CallerList.DigestOf(key)}"];
        ProcessSpec[] services = [.. ServiceCatalog.Services(manifest).Select(Process)];
        if (options.Only.Count > 0)
        {
            services = [.. services.Where(s => options.Only.Contains(s.ShortName))];
        }
        var counts = ReplicaCounts.Parse(options.Replicas, services);
        var idle = IdleTimes.Parse(options.Idle, services);
        return new MeshPlan(
            [.. services.Select(s => s with { Replicas = counts.GetValueOrDefault(s.ShortName, idle.ContainsKey(s.ShortName) ? 0 : 1) })],
            options.HttpPort, certificates)
        {
            Key = key,
            Idle = idle,
        };

        ProcessSpec Process(MeshService service) => new(service.Kind.Project, service,
        [
            "--Serving:Address=127.0.0.1",
            string.Create(CultureInfo.InvariantCulture, $"--Serving:GrpcPort={(service.Kind == ServiceCatalog.Gateway ? options.Port : 0)}"),
            $"--Serving:Log={(options.JsonLog ? "Json" : "Text")}",
            "--Serving:StopWithInput=true",
            .. service.Expert is null ? Array.Empty<string>() : [$"--{service.Kind.Project}:Name={service.Expert}"],
            .. service.Part is null ? [] : model,
            .. service.Kind.RunsNetwork ? network : endpoints,
            .. service.Kind == ServiceCatalog.Router ? cache : [],
            .. certificates?.SettingsOf(service.Name) ?? [],
            .. service.Kind == ServiceCatalog.Gateway ? access : [],
            .. options.Settings.Select(setting => $"--{setting}"),
        ]);
    }
}
