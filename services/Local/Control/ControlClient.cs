using System.Net.Http.Json;
using System.Net.Sockets;
using MedMoE.Mesh.Local.Plan;
using MedMoE.Mesh.Local.Processes;

namespace MedMoE.Mesh.Local.Control;

/// <summary>Gives commands to a running mesh.</summary>
internal sealed class ControlClient : IDisposable
{
    /// <summary>More than any start and stop takes.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);

    private readonly string _mesh;
    private readonly HttpClient _http;

    /// <param name="mesh">The mesh's name.</param>
    public ControlClient(string mesh)
    {
        _mesh = mesh;
        var socket = RuntimeFolder.SocketOf(mesh);
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation);
                return new NetworkStream(connection, ownsSocket: true);
            },
        })
        {
            BaseAddress = new Uri("http://mesh"),
            Timeout = _patience,
        };
    }

    /// <summary>Changes numbers of replicas, as <c>ct=3,backbone=2</c>; returns when they are what was asked for.</summary>
    /// <exception cref="LocalMeshException">No such mesh runs, or it cannot do that.</exception>
    public async Task<IReadOnlyList<ReplicaStatus>> Scale(string counts, CancellationToken cancellation)
    {
        try
        {
            using var answer = await _http.PostAsync(ControlServer.ScalePath, new StringContent(counts), cancellation);
            return answer.IsSuccessStatusCode
                ? (await answer.Content.ReadFromJsonAsync<ReplicaStatus[]>(cancellation))!
                : throw new LocalMeshException(await answer.Content.ReadAsStringAsync(cancellation));
        }
        catch (HttpRequestException e) when (e.InnerException is SocketException)
        {
            throw new LocalMeshException($"no mesh named {_mesh} is up; ./mesh up starts one");
        }
        catch (HttpRequestException)
        {
            throw new LocalMeshException($"the mesh named {_mesh} ended before it answered");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new LocalMeshException($"the mesh named {_mesh} did not have those replicas within {_patience.TotalMinutes} min");
        }
    }

    public void Dispose() => _http.Dispose();
}
