namespace MedMoE.Mesh.Services.Tests.Mutations;

/// <summary>One mesh for all mutations.</summary>
public sealed class MutatedMesh : IAsyncLifetime
{
    internal RunningMesh Running { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Running = await RunningMesh.Start(new MeshPlan());

    public ValueTask DisposeAsync() => Running.DisposeAsync();
}
