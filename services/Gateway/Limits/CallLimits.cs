using MedMoE.Mesh.Gateway.Settings;
using MedMoE.Mesh.Serving.Access;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>
/// Limits on concurrent calls, by kind. A call with one message is counted in <see cref="Arriving"/> until the message is complete, and may be
/// replaced by another call there; then in <see cref="Running"/>, until it ends. A stream is counted from its start, and may be replaced before its
/// first byte and while it is idle.
/// </summary>
internal sealed class CallLimits
{
    public CallLimits(IOptions<GatewayOptions> options, RequestBytes bytes)
    {
        var (limits, share) = (options.Value, options.Value.MaxClientShare);
        CallPlaces Places(int max, string kind, Func<OpenCall, Hold> holds) => new(max, Math.Max(1, (int)(max * share)), kind, holds);
        Arriving = Places(limits.MaxCalls, "concurrent calls with an incomplete message (Gateway:MaxCalls)", _ => Hold.Weak);
        Running = Places(limits.MaxCalls, "concurrent calls (Gateway:MaxCalls)", _ => Hold.Firm);
        Streams = Places(
            limits.MaxStreams, "concurrent streams (Gateway:MaxStreams)",
            call => !call.HasBegun ? Hold.Weak : call.Idle > limits.StreamIdleTimeout ? Hold.None : Hold.Firm);
        Bytes = bytes;
    }

    public CallPlaces Arriving { get; }

    public CallPlaces Running { get; }

    public CallPlaces Streams { get; }

    public RequestBytes Bytes { get; }

    /// <summary>Ends the calls of callers that are no longer admitted, and the streams of those whose token or certificate has expired.</summary>
    public void EndNotAdmitted(CallerList? callers, DateTimeOffset now)
    {
        if (callers is not null)
        {
            foreach (var places in new[] { Arriving, Running, Streams })
            {
                places.End(call => call.Known is { } known && !callers.Admits(known), Refusal.Revoked);
            }
        }
        Streams.End(call => call.Known?.Until < now, Refusal.Expired);
    }
}
