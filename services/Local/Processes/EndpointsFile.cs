using System.Text.Json;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Local.Processes;

/// <summary>
/// The file that tells the mesh's services where the others are (<see cref="EndpointOptions.File"/>). Who reads it sees it whole, old or new.
/// </summary>
internal sealed class EndpointsFile(string path)
{
    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true };

    public string Path => path;

    /// <param name="addresses">Of each service its replicas, <c>HOST:PORT,HOST:PORT</c>; empty where none runs.</param>
    public void Write(IReadOnlyDictionary<MeshService, string> addresses)
    {
        // Services that are not in the plan run nowhere.
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
