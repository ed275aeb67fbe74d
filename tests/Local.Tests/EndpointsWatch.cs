using System.Text.Json;

namespace MedMoE.Mesh.Local.Tests;

/// <summary>Watches an endpoints file.</summary>
internal sealed class EndpointsWatch : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly string _path;
    private readonly SemaphoreSlim _changes = new(0);
    private readonly FileSystemWatcher _watcher;

    public EndpointsWatch(string folder)
    {
        _path = Path.Combine(folder, "endpoints.json");
        _watcher = new FileSystemWatcher(folder, "endpoints.json") { EnableRaisingEvents = true };
        _watcher.Renamed += (_, _) => _changes.Release();
    }

    public string[] TextEncoders => Replicas("text-encoder");

    public string[] Replicas(string service) =>
        Root.GetProperty(service).GetString()!.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private JsonElement Root => JsonDocument.Parse(File.ReadAllBytes(_path)).RootElement.GetProperty("Endpoints").GetProperty("Services");

    public async Task Until(Func<EndpointsWatch, bool> holds, string what)
    {
        while (!holds(this))
        {
            Assert.True(
                await _changes.WaitAsync(_patience, TestContext.Current.CancellationToken), $"{what} did not show within {_patience}: {Root}");
        }
    }

    public void Dispose()
    {
        _watcher.Dispose();
        _changes.Dispose();
    }
}
