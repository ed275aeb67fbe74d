using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Local.Tests;

/// <summary>The whole mesh of the demo bundle, shared by several tests, with two backbones and a real Redis if installed.</summary>
[CollectionDefinition(Collection)]
public sealed class WholeMesh : IAsyncLifetime, ICollectionFixture<WholeMesh>
{
    public const string Collection = "whole mesh";

    private readonly TemporaryFolder _runtime = new();

    internal RedisServer? Redis { get; private set; }

    internal LocalProcess Process { get; private set; } = null!;

    internal string Gateway { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Redis = RedisServer.IsInstalled ? await RedisServer.Start() : null;
        string[] redis = Redis is null ? [] : ["--redis", Redis.Address];
        (Process, Gateway) = await LocalProcess.UpWhole(_runtime, ["--replicas", "backbone=2", "--pyramid", "fp32", .. redis]);
    }

    /// <summary>A replica's row of the initial table.</summary>
    internal LocalProcess.Row Replica(string service, int number = 1) => Process.Table.Single(row => row.Service == service && row.Number == number);

    public ValueTask DisposeAsync()
    {
        Process.Dispose();
        Redis?.Dispose();
        _runtime.Dispose();
        return ValueTask.CompletedTask;
    }
}
