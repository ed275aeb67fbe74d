namespace MedMoE.Mesh.Services.Tests.Mutations;

/// <summary>One mesh for all mutations.</summary>
public sealed class MutatedMesh : IAsyncLifetime
{
    internal RunningMesh Running { get; private set; } = null!;

    // Most mutations fail, which would soon exceed the limit of failed calls for one client.
    public async ValueTask InitializeAsync() => Running = await RunningMesh.Start(new MeshPlan { Gateway = ["Gateway:FailuresPerSecond=0"] });

    public ValueTask DisposeAsync() => Running.DisposeAsync();
}
