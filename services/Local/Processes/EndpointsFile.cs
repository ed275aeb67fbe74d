using System.Text.Json;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Local.Processes;

/// <summary>The file with the services' addresses (<see cref="EndpointOptions.File"/>), replaced atomically.</summary>
internal sealed class EndpointsFile(string path)
{
    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true };

    public string Path => path;

    /// <param name="addresses">Replicas of each service, <c>HOST:PORT,HOST:PORT</c>; empty if none runs.</param>
    public void Write(IReadOnlyDictionary<MeshService, string> addresses)
    {
        // Services outside the plan have no replicas.
        var services = ServiceCatalog.Services([]).ToDictionary(service => service.Name, _ => "");
        foreach (var (service, replicas) in addresses)
        {
            services[service.Name] = replicas;
        }
        var content = new Dictionary<string, object>
        {
            [EndpointOptions.Section] = new Dictionary<string, object> { [nameof(EndpointOptions.Services)] = services },
        };
        var fresh = path + ".new";
        File.WriteAllBytes(fresh, JsonSerializer.SerializeToUtf8Bytes(content, _json));
        File.Move(fresh, path, overwrite: true);
    }
}
