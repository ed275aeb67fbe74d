using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Serving.Settings;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>Exchanges the model when the files of its bundle have changed (Model:Watch). What cannot be used is told in one line.</summary>
internal sealed partial class ModelWatch(
    IServedModel model, IOptions<ModelOptions> options, TimeProvider time, ILogger<ModelWatch> logger) : BackgroundService
{
    private readonly IExchangedModel _model = (IExchangedModel)model;
    private readonly string _bundle = options.Value.Bundle;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Watch == TimeSpan.Zero)
        {
            return;
        }
        var (settled, changing) = (State(), "");
        using var timer = new PeriodicTimer(options.Value.Watch, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var now = State();
            if (now == settled || now != changing)
            {
                // Unchanged, or still being written.
                changing = now;
                continue;
            }
            settled = now;
            try
            {
                await Task.Run(() => _model.Exchange(_bundle), stoppingToken);
                LogExchanged(_model.Info.ModelVersion, _model.Info.Digests[_model.Part.Folder]);
            }
            catch (Exception e) when (e is InvalidInputException or IOException)
            {
                LogKept(e.Message);
            }
        }
    }

    /// <summary>Sizes and times of the files: their content is read when these have changed.</summary>
    private string State()
    {
        var root = new DirectoryInfo(_bundle);
        FileInfo[] files =
        [
            new(Path.Combine(_bundle, ModelBundle.ManifestFile)),
            .. _model.Part.Files.Select(file => new FileInfo(Path.Combine(_bundle, _model.Part.Folder, file))),
        ];
        // Kubernetes and others exchange folders by moving a link.
        var target = root.Exists ? root.ResolveLinkTarget(returnFinalTarget: true)?.FullName : null;
        return string.Join('\n', files.Select(file => file.Exists ? $"{file.Length} {file.LastWriteTimeUtc.Ticks}" : "none").Prepend(target));
    }

    [LoggerMessage(LogLevel.Information, "the bundle has changed: now running {Model}, digest {Digest}")]
    private partial void LogExchanged(string model, string digest);

    [LoggerMessage(LogLevel.Error, "the bundle has changed and cannot be used: {Reason}; the present model goes on")]
    private partial void LogKept(string reason);
}
