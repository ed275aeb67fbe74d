using MedMoE.Mesh.ServicesUnderTest;
using static MedMoE.Mesh.ServicesUnderTest.Signals;

namespace MedMoE.Mesh.Local.Tests;

/// <summary>A mesh under load, with two replicas of each service that a call needs; each service in turn loses one.</summary>
public sealed class LostReplicaTests : IDisposable
{
    private readonly TemporaryFolder _runtime = new();

    public void Dispose() => _runtime.Dispose();

    [Theory]
    [InlineData(SigKill)]
    [InlineData(SigTerm)]
    public async Task Replica_OneOfTwoLost_LosesNoCall(int signal)
    {
        var (mesh, gateway) = await LocalProcess.UpWhole(_runtime, "--replicas", "router=2,backbone=2,text-encoder=2,ct=2");
        using var own = mesh;
        await using var load = new MeshLoad(gateway, 6, "ct", "small nodule");
        await load.UntilMoreSucceeded(20);

        foreach (var service in new[] { "router", "backbone", "text-encoder", "expert-ct" })
        {
            Assert.Equal(0, LocalProcess.Kill(mesh.Table.Single(row => row.Service == service && row.Number == 1).Pid, signal));
            // It is restarted in the meantime.
            await mesh.UntilLine(line => line.StartsWith($"mesh | {service}/1: ended ", StringComparison.Ordinal), $"a line about {service}");
            await load.UntilMoreSucceeded(40);
            Assert.True(load.Failures.IsEmpty, $"{service}: {string.Join("; ", load.Failures)}");
        }
    }
}
