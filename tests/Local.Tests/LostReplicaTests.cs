using MedMoE.Mesh.ServicesUnderTest;
using static MedMoE.Mesh.ServicesUnderTest.Signals;

namespace MedMoE.Mesh.Local.Tests;

/// <summary>A mesh under load, with two replicas of each service that a call needs; each service in turn loses one.</summary>
public sealed class LostReplicaTests : IDisposable
{
    private readonly TemporaryFolder _runtime = new();

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public async Task Replica_OneOfTwoKilledOrStopped_LosesNoCall()
    {
        var (mesh, gateway) = await LocalProcess.UpWhole(_runtime, "--replicas", "router=2,backbone=2,text-encoder=2,ct=2");
        using var own = mesh;
        using var endpoints = new EndpointsWatch(mesh.Folder);
        await using var load = new MeshLoad(gateway, 6, "ct", "small nodule");
        await load.UntilMoreSucceeded(20);

        foreach (var (number, signal) in new[] { (1, SigKill), (2, SigTerm) })
        {
            foreach (var service in new[] { "router", "backbone", "text-encoder", "expert-ct" })
            {
                await endpoints.Until(e => e.Replicas(service).Length == 2, $"both replicas of {service}");
                Assert.Equal(0, LocalProcess.Kill(mesh.Table.Single(row => row.Service == service && row.Number == number).Pid, signal));
                var ended = $" {service}/{number}: ended ";
                await mesh.UntilLine(line => line.Contains(ended, StringComparison.Ordinal), $"a line about {service}");
                await load.UntilMoreSucceeded(30);
                Assert.True(load.Failures.IsEmpty, $"{service}, signal {signal}: {string.Join("; ", load.Failures)}");
            }
        }
    }
}
