using System.Net.Http.Json;
using System.Net.Sockets;
using MedMoE.Mesh.Local.Plan;

namespace MedMoE.Mesh.Local.Control;

/// <summary>Sends commands to a running mesh.</summary>
internal sealed class ControlClient : IDisposable
{
    /// <summary>Longer than any start or stop takes.</summary>
    private static readonly TimeSpan _timeout = TimeSpan.FromMinutes(5);

    private readonly string _mesh;
    private readonly HttpClient _http;

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
            Timeout = _timeout,
        };
    }

    /// <exception cref="LocalMeshException">No such mesh runs.</exception>
    public Task<MeshStatus> Status(CancellationToken cancellation) =>
        Ask(() => _http.GetAsync(ControlServer.StatusPath, cancellation), cancellation);

    /// <summary>Changes numbers of replicas, as <c>ct=3,backbone=2</c>; returns when the change is complete.</summary>
    /// <exception cref="LocalMeshException">No such mesh runs, or it refuses the change.</exception>
    public Task<MeshStatus> Scale(string counts, CancellationToken cancellation) =>
        Ask(() => _http.PostAsync(ControlServer.ScalePath, new StringContent(counts), cancellation), cancellation);

    /// <summary>Starts a candidate, or changes its share; returns when it answers.</summary>
    /// <exception cref="LocalMeshException">No such mesh runs, or it refuses the change.</exception>
    public Task<MeshStatus> Deploy(DeployRequest deploy, CancellationToken cancellation) =>
        Ask(() => _http.PostAsJsonAsync(ControlServer.DeployPath, deploy, cancellation), cancellation);

    /// <summary>Lets the candidate serve.</summary>
    /// <exception cref="LocalMeshException">No such mesh runs, or it refuses the change.</exception>
    public Task<MeshStatus> Promote(CancellationToken cancellation) =>
        Ask(() => _http.PostAsync(ControlServer.PromotePath, content: null, cancellation), cancellation);

    /// <summary>Ends the candidate, or lets the previous version serve again.</summary>
    /// <exception cref="LocalMeshException">No such mesh runs, or it refuses the change.</exception>
    public Task<MeshStatus> Rollback(CancellationToken cancellation) =>
        Ask(() => _http.PostAsync(ControlServer.RollbackPath, content: null, cancellation), cancellation);

    public void Dispose() => _http.Dispose();

    private async Task<MeshStatus> Ask(Func<Task<HttpResponseMessage>> call, CancellationToken cancellation)
    {
        try
        {
            using var answer = await call();
            return answer.IsSuccessStatusCode
                ? (await answer.Content.ReadFromJsonAsync<MeshStatus>(cancellation))!
                : throw new LocalMeshException(await answer.Content.ReadAsStringAsync(cancellation));
        }
        catch (HttpRequestException e) when (e.InnerException is SocketException)
        {
            string[] others = [.. RuntimeFolder.Names().Where(name => name != _mesh)];
            throw new LocalMeshException($"no mesh named {_mesh} is running; "
                + (others.Length == 0 ? "start one with ./mesh up" : $"running are {string.Join(", ", others)} (--name)"));
        }
        catch (HttpRequestException)
        {
            throw new LocalMeshException($"the mesh named {_mesh} ended before it answered");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new LocalMeshException($"the mesh named {_mesh} did not finish the change within {_timeout.TotalMinutes} min");
        }
    }
}
