using Grpc.Core;
using MedMoE.Mesh.Gateway.Settings;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>
/// Refuses all calls of a caller with too many failed calls: a request that a service must read before it refuses it costs far more than one refused
/// here unread. Each success cancels a failure, so that a few bad images among many good ones have no effect.
/// </summary>
internal sealed class FailingCalls(RequestDelegate next, IOptions<GatewayOptions> options, TimeProvider time)
{
    // A burst may have the failures of this many seconds.
    private const int BurstSeconds = 5;

    // Callers remembered; beyond it those without recent failures are removed.
    private const int MaxRemembered = 1024;

    private readonly int _perSecond = options.Value.FailuresPerSecond;
    private readonly Refusal _refusal = Refusal.Over(
        $"{options.Value.FailuresPerSecond} failed calls per second for one client (Gateway:FailuresPerSecond)");

    private readonly Lock _lock = new();

    // Current number of failures of each caller, and the time of the last update.
    private readonly Dictionary<string, (double Failures, long At)> _callers = [];

    public async Task InvokeAsync(HttpContext context)
    {
        if (_perSecond == 0)
        {
            await next(context);
            return;
        }
        var caller = Caller.Of(context);
        if (Failures(caller) >= _perSecond * BurstSeconds)
        {
            context.Response.Refuse(_refusal.Code, _refusal.Message, options.Value.RetryAfter);
            return;
        }
        await next(context);
        switch (context.Response.Status())
        {
            case StatusCode.InvalidArgument or StatusCode.Unimplemented:
                Count(caller, 1);
                break;
            case StatusCode.OK:
                Count(caller, -1);
                break;
        }
    }

    private double Failures(string caller)
    {
        lock (_lock)
        {
            return Current(caller);
        }
    }

    private void Count(string caller, int more)
    {
        lock (_lock)
        {
            var failures = Math.Max(0, Current(caller) + more);
            if (failures == 0)
            {
                _callers.Remove(caller);
                return;
            }
            if (_callers.Count >= MaxRemembered && !_callers.ContainsKey(caller))
            {
                Forget();
            }
            _callers[caller] = (failures, time.GetTimestamp());
        }
    }

    private double Current(string caller) => _callers.TryGetValue(caller, out var counted)
        ? Math.Max(0, counted.Failures - (time.GetElapsedTime(counted.At).TotalSeconds * _perSecond))
        : 0;

    private void Forget()
    {
        foreach (var quiet in _callers.Keys.Where(caller => Current(caller) == 0).ToArray())
        {
            _callers.Remove(quiet);
        }
        if (_callers.Count >= MaxRemembered)
        {
            _callers.Clear();
        }
    }
}
