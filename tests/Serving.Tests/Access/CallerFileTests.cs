using MedMoE.Mesh.Serving.Access;

namespace MedMoE.Mesh.Serving.Tests.Access;

public sealed class CallerFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder["callers.json"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Change_ManyAtOnce_NoneIsLost()
    {
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => Add($"caller-{i}"))));
        Assert.Equal(40, CallerFile.Read(Path).Count);
        Assert.Equal([Path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Change_ThatIsRefused_LeavesTheFileAsItWas()
    {
        Add("first");
        var before = File.ReadAllText(Path);
        Assert.Throws<CallerListException>(() => Add("first"));
        Assert.Equal(before, File.ReadAllText(Path));
        Assert.Equal([Path], Directory.GetFiles(_folder.Path));
    }

    /// <summary>A gateway of another user may have been given the right to read it.</summary>
    [Fact]
    public void Change_KeepsTheFilesMode()
    {
        Add("first");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
        const UnixFileMode Shared = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
        File.SetUnixFileMode(Path, Shared);
        Add("second");
        Assert.Equal(Shared, File.GetUnixFileMode(Path));
    }

    private void Add(string name) => CallerFile.Change(
        Path, callers => [.. callers, new CallerEntry(name, ["read"], CallerList.DigestOf(name))]);
}
