using MedMoE.Mesh.Client;
using MedMoE.Mesh.Reference;
using MedMoE.Mesh.Serving.Access;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Resilience;

/// <summary>A whole mesh of the demo bundle with TLS on every hop and callers with keys: <c>mesh up --tls --callers</c>.</summary>
internal sealed class SecureMesh : IDisposable
{
    private readonly TemporaryFolder _runtime = new();
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _keys = [];
    private LocalProcess? _mesh;

    private SecureMesh()
    {
    }

    /// <summary>HOST:PORT.</summary>
    public string Gateway { get; private set; } = "";

    /// <summary>The file of the mesh's authority.</summary>
    public string Authority => Directory.GetFiles(_runtime.Path, "authority.pem", SearchOption.AllDirectories).Single();

    /// <summary>Starts it.</summary>
    /// <param name="settings">For all services: KEY=VALUE.</param>
    /// <param name="callers">Who may call, without their keys.</param>
    public static async Task<SecureMesh> Start(IEnumerable<string> settings, params IReadOnlyList<CallerEntry> callers)
    {
        var secure = new SecureMesh();
        try
        {
            foreach (var caller in callers)
            {
                secure._keys[caller.Name] = AccessKey.Create();
            }
            var file = secure._folder["callers.json"];
            CallerFile.Change(file, _ => [.. callers.Select(caller => caller with { Sha256 = CallerList.DigestOf(secure._keys[caller.Name]) })]);
            (secure._mesh, secure.Gateway) = await LocalProcess.UpWhole(
                secure._runtime, ["--tls", "--callers", file, .. settings.SelectMany(setting => new[] { "--set", setting })]);
            return secure;
        }
        catch
        {
            secure.Dispose();
            throw;
        }
    }

    /// <summary>How a caller connects.</summary>
    public Connection Of(string caller) => new() { Authority = Authority, Key = _keys[caller] };

    public void Dispose()
    {
        _mesh?.Dispose();
        _runtime.Dispose();
        _folder.Dispose();
    }
}
