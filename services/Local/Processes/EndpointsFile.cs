using System.Text.Json;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Local.Processes;

/// <summary>A file with services' addresses (<see cref="EndpointOptions.File"/>), replaced atomically.</summary>
internal static class EndpointsFile
{
    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true };

    /// <param name="path">The file.</param>
    /// <param name="endpoints">Addresses of services, <c>HOST:PORT,HOST:PORT</c>, empty if none runs; and the versions of the model.</param>
    public static void Write(string path, EndpointOptions endpoints)
    {
        // Services outside the plan have no replicas.
        var services = ServiceCatalog.Services([]).ToDictionary(service => service.Name, _ => "");
        foreach (var (service, replicas) in endpoints.Services)
        {
            services[service] = replicas;
        }
        var content = new Dictionary<string, object>
        {
            [EndpointOptions.Section] = new { Services = services, endpoints.Version, endpoints.Candidates },
        };
        var fresh = path + ".new";
        File.WriteAllBytes(fresh, JsonSerializer.SerializeToUtf8Bytes(content, _json));
        File.Move(fresh, path, overwrite: true);
    }
}
