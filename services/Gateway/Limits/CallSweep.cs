using MedMoE.Mesh.Gateway.Settings;
using MedMoE.Mesh.Serving.Access;
using MedMoE.Mesh.Serving.Reloading;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>
/// Ends calls whose answer is not read, calls of callers who are no longer admitted and, when the gateway stops, calls whose message is incomplete.
/// </summary>
internal sealed class CallSweep(
    CallLimits limits, IOptions<GatewayOptions> options, TimeProvider time, IHostApplicationLifetime lifetime,
    ReloadedFile<CallerList>? callers = null)
    : BackgroundService
{
    private static readonly TimeSpan _period = TimeSpan.FromSeconds(0.5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var unread = Refusal.Unread(options.Value.AnswerTimeout);
        using var timer = new PeriodicTimer(_period, time);
        // The host stops the server before this service, so it still runs while the last calls end.
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            limits.Running.End(call => call.Unread > options.Value.AnswerTimeout, unread);
            limits.Streams.End(call => call.Unread > options.Value.AnswerTimeout, unread);
            limits.EndNotAdmitted(callers?.Value, time.GetUtcNow());
            if (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                limits.Arriving.End(_ => true, Refusal.Stopping);
            }
        }
    }
}
