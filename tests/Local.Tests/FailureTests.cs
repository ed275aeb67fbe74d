using Grpc.Core;
using MedMoE.Mesh.ServicesUnderTest;
using static MedMoE.Mesh.ServicesUnderTest.Signals;

namespace MedMoE.Mesh.Local.Tests;

/// <summary>Kills services of a real mesh under load, a different one in each test.</summary>
[Collection(WholeMesh.Collection)]
public sealed class FailureTests(WholeMesh mesh)
{
    [Fact]
    public async Task Expert_Killed_FailsAloneAndComesBack()
    {
        await using var ct = new MeshLoad(mesh.Gateway, 3, "ct");
        await using var mri = new MeshLoad(mesh.Gateway, 3, "mri");
        await using var xray = new MeshLoad(mesh.Gateway, 2, "xray", "no focal consolidation");
        await ct.UntilMoreSucceeded(5);

        Assert.Equal(0, LocalProcess.Kill(mesh.Replica("expert-ct").Pid, SigKill));

        await Task.WhenAll(mri.UntilMoreSucceeded(10), xray.UntilMoreSucceeded(10));
        // It answers again after its restart.
        await ct.UntilMoreSucceeded(10);
        Assert.Empty(mri.Failures);
        Assert.Empty(xray.Failures);
        Assert.All(
            ct.Failures,
            status => Assert.Equal((StatusCode.Unavailable, "expert ct: no replica can be reached"), (status.StatusCode, status.Detail)));
        var before = ct.Failures.Count;
        await ct.UntilMoreSucceeded(10);
        Assert.Equal(before, ct.Failures.Count);
    }

    [Fact]
    public async Task Backbone_OneOfTwoKilled_LosesNoRequest()
    {
        await using var load = new MeshLoad(mesh.Gateway, 6, "mri");
        await load.UntilMoreSucceeded(10);

        Assert.Equal(0, LocalProcess.Kill(mesh.Replica("backbone", 2).Pid, SigKill));

        await load.UntilMoreSucceeded(40);
        Assert.Empty(load.Failures);
    }

    [Fact]
    public async Task TextEncoder_Killed_ImagesAreAnsweredAndReportsAgainAfterTheRestart()
    {
        await using var reports = new MeshLoad(mesh.Gateway, 2, "mri", "small nodule");
        await using var images = new MeshLoad(mesh.Gateway, 2, "mri");
        await reports.UntilMoreSucceeded(5);

        Assert.Equal(0, LocalProcess.Kill(mesh.Replica("text-encoder").Pid, SigKill));

        await images.UntilMoreSucceeded(10);
        await reports.UntilMoreSucceeded(10);
        Assert.Empty(images.Failures);
        // Extractions are cancelled when no caller is left; that is not an error of the backbone.
        Assert.DoesNotContain(" error ", mesh.Process.Output);
        Assert.All(
            reports.Failures,
            status => Assert.Equal((StatusCode.Unavailable, "text encoder: no replica can be reached"), (status.StatusCode, status.Detail)));
    }

    [Fact]
    public async Task Redis_KilledAndBack_LosesNoRequest()
    {
        Assert.SkipWhen(mesh.Redis is null, RedisServer.Missing);
        await using var load = new MeshLoad(mesh.Gateway, 4, "ultrasound", "small nodule");
        await load.UntilMoreSucceeded(10);

        mesh.Redis!.Kill();

        await load.UntilMoreSucceeded(20);
        await mesh.Redis.Restart();
        await load.UntilMoreSucceeded(20);
        Assert.Empty(load.Failures);
    }
}
