using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>Ends calls that hold something and do not get on: answers that are not read, and messages that do not come as the gateway stops.</summary>
internal sealed class CallSweep(CallLimits limits, IOptions<GatewayOptions> options, TimeProvider time, IHostApplicationLifetime lifetime)
    : BackgroundService
{
    private static readonly TimeSpan _period = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var unread = Refusal.Unread(options.Value.AnswerTimeout);
        using var timer = new PeriodicTimer(_period, time);
        // Goes on while the server stops, which ends before this service.
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            limits.Running.End(call => call.Unread > options.Value.AnswerTimeout, unread);
            limits.Streams.End(call => call.Unread > options.Value.AnswerTimeout, unread);
            if (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                limits.Arriving.End(_ => true, Refusal.Stopping);
            }
        }
    }
}
