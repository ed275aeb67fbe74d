using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Clients.Tests;

/// <summary>A mesh of the demo bundle for all clients.</summary>
public sealed class MeshToCall : IAsyncLifetime
{
    private readonly TemporaryFolder _runtime = new();
    private LocalProcess _mesh = null!;

    public string Gateway { get; private set; } = "";

    /// <summary>The URL of its HTTP port.</summary>
    public string Url => $"http://{_mesh.Table.Single(row => row.Service == "gateway").Http}";

    public async ValueTask InitializeAsync() => (_mesh, Gateway) = await LocalProcess.UpWhole(_runtime);

    public ValueTask DisposeAsync()
    {
        _mesh.Dispose();
        _runtime.Dispose();
        return ValueTask.CompletedTask;
    }
}
