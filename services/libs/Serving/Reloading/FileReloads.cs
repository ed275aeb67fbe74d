using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MedMoE.Mesh.Serving.Reloading;

/// <summary>
/// Looks for changed files. By their content, not by events of the file system: Kubernetes replaces Secrets by moving a link, and network file
/// systems send no events.
/// </summary>
internal sealed partial class FileReloads(IEnumerable<IReloaded> files, TimeProvider time, ILogger<FileReloads> logger) : BackgroundService
{
    private static readonly TimeSpan _period = TimeSpan.FromSeconds(0.5);

    private readonly IReloaded[] _files = [.. files];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_files.Length == 0)
        {
            return;
        }
        using var timer = new PeriodicTimer(_period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var reason in _files.Select(Reload).OfType<string>())
            {
                LogKept(reason);
            }
        }
    }

    /// <summary>A fault of ours in reading a file must not end the service: an exception here would.</summary>
    private static string? Reload(IReloaded file)
    {
        try
        {
            return file.Reload();
        }
        catch (Exception e)
        {
            // Only the type, because the message may quote a secret.
            return $"a changed file cannot be read ({e.GetType().Name})";
        }
    }

    [LoggerMessage(LogLevel.Error, "{Reason}; the previous content stays in use")]
    private partial void LogKept(string reason);
}
