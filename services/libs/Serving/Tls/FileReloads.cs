using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MedMoE.Mesh.Serving.Tls;

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
            foreach (var reason in _files.Select(file => file.Reload()).OfType<string>())
            {
                LogKept(reason);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "{Reason}; the previous content stays in use")]
    private partial void LogKept(string reason);
}
