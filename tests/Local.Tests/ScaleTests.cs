using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Local.Tests;

public sealed class ScaleTests : IDisposable
{
    private readonly TemporaryFolder _runtime = new();

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public async Task Scale_UpAndDown_ReturnsWhenReplicasAreThereAndGone()
    {
        using var mesh = await LocalProcess.UpSmall(_runtime);
        using var endpoints = new EndpointsWatch(mesh.Folder);
        using var leaving = new LifeOf(mesh.Table[2].Pid);

        using var scale = LocalProcess.Run(_runtime, "scale", "backbone=2,text-encoder=1");

        Assert.Equal(0, await scale.ExitCode());
        Assert.True(leaving.HasEnded);
        Assert.Equal(["backbone/1", "backbone/2", "text-encoder/1"], scale.Table.Select(row => $"{row.Service}/{row.Number}"));
        Assert.Equal(scale.Table.Take(2).Select(row => row.Grpc), endpoints.Replicas("backbone"));
        Assert.Equal([mesh.Table[1].Grpc], endpoints.TextEncoders);
        Assert.Equal(mesh.Table[0], scale.Table[0]);

        using var again = LocalProcess.Run(_runtime, "scale", "text-encoder=2");
        Assert.Equal(0, await again.ExitCode());
        Assert.Equal(2, endpoints.TextEncoders.Length);
        Assert.NotEqual(mesh.Table[2].Pid, again.Table[3].Pid);
    }

    [Fact]
    public async Task Scale_NotPossible_OneLineAndNothingChanges()
    {
        using var none = LocalProcess.Run(_runtime, "scale", "backbone=2");
        await none.AssertRefused("no mesh named mesh is running");
        using var mesh = await LocalProcess.UpSmall(_runtime);
        using var endpoints = new EndpointsWatch(mesh.Folder);
        async Task AssertRefused(string counts, string reason)
        {
            using var scale = LocalProcess.Run(_runtime, "scale", counts);
            await scale.AssertRefused(reason);
        }
        await AssertRefused("backbone=many", "not \"many\"");
        await AssertRefused("backbone=2,dental=1", "unknown service \"dental\"");
        using var other = LocalProcess.Run(_runtime, "scale", "backbone=2", "--name", "other");
        await other.AssertRefused("no mesh named other is running");
        Assert.Single(endpoints.Replicas("backbone"));
    }

    [Fact]
    public async Task PsAndDown_RunningMeshes_AreShownAndStopped()
    {
        using var none = LocalProcess.Run(_runtime, "ps");
        Assert.Equal(0, await none.ExitCode());
        Assert.Equal("no mesh is running; start one with ./mesh up", none.Output);
        using var mesh = await LocalProcess.UpSmall(_runtime, "--name", "other");

        using var shown = LocalProcess.Run(_runtime, "ps");
        Assert.Equal(0, await shown.ExitCode());
        Assert.StartsWith($"other: medmoe-demo/1, process {mesh.Pid}\n", shown.Output);
        Assert.Equal(mesh.Table, shown.Table);
        using var missing = LocalProcess.Run(_runtime, "down");
        await missing.AssertRefused("no mesh named mesh is running; running are other (--name)");

        using var down = LocalProcess.Run(_runtime, "down", "--name", "other");
        Assert.Equal(0, await down.ExitCode());
        Assert.Equal(0, await mesh.ExitCode());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_runtime.Path));
    }

    [Fact]
    public async Task Scale_NewReplicaCannotStart_TellsWhyAndKeepsTheOthers()
    {
        using var files = new GoldenBundle(Bundle.Architecture.Paper);
        using var mesh = await LocalProcess.UpSmall(_runtime, "--bundle", files.Root);
        using var endpoints = new EndpointsWatch(mesh.Folder);
        File.WriteAllText(Path.Combine(files.Root, "text", "model.safetensors"), "no weights");

        using var scale = LocalProcess.Run(_runtime, "scale", "text-encoder=3");

        await scale.AssertRefused("text-encoder/3: ", "model.safetensors");
        Assert.Equal(mesh.Table.Skip(1).Select(row => row.Grpc), endpoints.TextEncoders);
        using var same = LocalProcess.Run(_runtime, "scale", "backbone=1");
        Assert.Equal(0, await same.ExitCode());
        Assert.Equal(mesh.Table, same.Table);
        Assert.Equal(1 + same.Table.Count, same.Output.Split('\n').Length);
    }
}
