using Grpc.Core;
using MedMoE.Mesh.Gateway.Settings;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>
/// Refuses the calls of a caller most of whose calls fail for what is in them: a call that a service has to read and to refuse costs far more than
/// one that is refused here unread. Each success makes up for a failure, so that a few bad images among many never count.
/// </summary>
internal sealed class FailingCalls(RequestDelegate next, IOptions<GatewayOptions> options, TimeProvider time)
{
    // So many seconds' failures may come at once.
    private const int BurstSeconds = 5;

    // Callers who have been quiet are forgotten when there are so many.
    private const int MaxRemembered = 1024;

    private readonly int _perSecond = options.Value.FailuresPerSecond;
    private readonly Refusal _refusal = Refusal.Over(
        $"{options.Value.FailuresPerSecond} failing calls a second for one client of whose calls most fail (Gateway:FailuresPerSecond)");

    private readonly Lock _lock = new();

    // Failures that count, of each caller, and when they were last counted down.
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
