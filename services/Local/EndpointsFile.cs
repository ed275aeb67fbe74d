using System.Text.Json;
using MedMoE.Mesh.Serving.Endpoints;

namespace MedMoE.Mesh.Local;

/// <summary>The file that tells the mesh's services where the others are (<see cref="EndpointOptions.File"/>). Who reads it sees it whole, old or new.</summary>
internal sealed class EndpointsFile(string path)
{
    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true };

    public string Path => path;

    /// <param name="addresses">Of each service its replicas, <c>HOST:PORT,HOST:PORT</c>; empty where none runs.</param>
    public void Write(IReadOnlyDictionary<MeshService, string> addresses)
    {
        string Of(MeshService service) => addresses.GetValueOrDefault(service, "");
        var content = new Dictionary<string, object>
        {
            [EndpointOptions.Section] = new Dictionary<string, object>
            {
                [nameof(EndpointOptions.Router)] = Of(MeshService.Router),
                [nameof(EndpointOptions.Backbone)] = Of(MeshService.Backbone),
                [nameof(EndpointOptions.TextEncoder)] = Of(MeshService.TextEncoder),
                [nameof(EndpointOptions.Experts)] = addresses.Where(a => a.Key.Expert is not null).ToDictionary(a => a.Key.Expert!, a => a.Value),
            },
        };
        var fresh = path + ".new";
        File.WriteAllBytes(fresh, JsonSerializer.SerializeToUtf8Bytes(content, _json));
        File.Move(fresh, path, overwrite: true);
    }
}
