using System.Globalization;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Local.Security;
using MedMoE.Mesh.Serving.Access;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Local.Plan;

/// <summary>Makes the command lines of services from the options of <c>mesh up</c>, for any bundle.</summary>
/// <param name="options">Options; their bundle is that of the first version.</param>
/// <param name="endpoints">Where the files with addresses are.</param>
/// <param name="redis">HOST:PORT.</param>
/// <param name="certificates">Null without TLS.</param>
/// <param name="key">This process's at the gateway; null where everybody may call.</param>
internal sealed class ServiceArguments(
    UpOptions options, EndpointFiles endpoints, string redis, RunCertificates? certificates = null, string? key = null)
{
    /// <summary>Whether services exchange the weights of their bundle while they run.</summary>
    public bool WatchesBundles => options.Settings.Any(setting => setting.StartsWith("Model:Watch=", StringComparison.OrdinalIgnoreCase));

    /// <summary>A version of a bundle: all of its services, or those in <see cref="UpOptions.Only"/>.</summary>
    public MeshVersion VersionOf(BundleManifest manifest, string bundle, int number)
    {
        var file = endpoints.RouterOf(number);
        var services = ServiceCatalog.Services(manifest).Select(service =>
            new ProcessSpec(service.Kind.Project, service, [.. ArgumentsOf(service, Path.GetFullPath(bundle), file)]) { Version = number });
        return new MeshVersion(
            manifest.ModelVersion, [.. services.Where(service => options.Only.Count == 0 || options.Only.Contains(service.ShortName))])
        {
            Number = number,
            Bundle = Path.GetFullPath(bundle),
            EndpointsFile = file,
        };
    }

    private IEnumerable<string> ArgumentsOf(MeshService service, string bundle, string endpointsFile)
    {
        var isGateway = service.Kind == ServiceCatalog.Gateway;
        return
        [
            "--Serving:Address=127.0.0.1",
            string.Create(CultureInfo.InvariantCulture, $"--Serving:GrpcPort={(isGateway ? options.Port : 0)}"),
            $"--Serving:Log={(options.JsonLog ? "Json" : "Text")}",
            "--Serving:StopWithInput=true",
            .. service.Expert is null ? Array.Empty<string>() : [$"--{service.Kind.Project}:Name={service.Expert}"],
            .. service.Part is null ? Array.Empty<string>() : [$"--Model:Bundle={bundle}"],
            .. service.Kind.RunsNetwork ? [$"--Model:Device={options.Device}", $"--Model:Precision={options.Precision}"]
                : new[] { $"--Endpoints:File={(isGateway ? endpoints.Gateway : endpointsFile)}" },
            .. service.Kind == ServiceCatalog.Router ? OfRouter() : [],
            .. certificates?.SettingsOf(service.Name) ?? [],
            .. isGateway && key is not null
                ? [$"--Access:Callers={Path.GetFullPath(options.Callers!)}", $"--Access:Operator={CallerList.DigestOf(key)}"]
                : Array.Empty<string>(),
            .. options.Settings.Select(setting => $"--{setting}"),
        ];
    }

    private IEnumerable<string> OfRouter() =>
    [
        $"--Cache:Redis={redis}",
        // The embedded Redis shares the cores with all services, and is late when they are busy, not broken.
        .. options.Redis is null ? ["--Cache:RedisTimeout=00:00:00.250"] : Array.Empty<string>(),
        $"--Router:PyramidType={options.Pyramid.ToUpperInvariant()}",
        // Nobody starts the others.
        .. options.Idle.Count == 0 ? ["--Router:WakeTimeout=0"] : Array.Empty<string>(),
    ];
}
