using MedMoE.Mesh.Gateway.Settings;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>
/// What calls may hold at once, by their kind. A call with one message takes its place when that has come whole, so that one without a byte holds
/// none: until then it is counted apart, and makes room for others. A stream has its place from the start, and loses it to others before its first
/// byte and while it is idle.
/// </summary>
internal sealed class CallLimits
{
    public CallLimits(IOptions<GatewayOptions> options, RequestBytes bytes)
    {
        var (limits, share) = (options.Value, options.Value.MaxClientShare);
        CallPlaces Places(int max, string kind, Func<OpenCall, Hold> holds) => new(max, Math.Max(1, (int)(max * share)), kind, holds);
        Arriving = Places(limits.MaxCalls, "calls at once whose message has not come whole (Gateway:MaxCalls)", _ => Hold.Weak);
        Running = Places(limits.MaxCalls, "calls at once (Gateway:MaxCalls)", _ => Hold.Firm);
        Streams = Places(
            limits.MaxStreams, "streams at once (Gateway:MaxStreams)",
            call => !call.HasBegun ? Hold.Weak : call.Idle > limits.StreamIdleTimeout ? Hold.None : Hold.Firm);
        Bytes = bytes;
    }

    /// <summary>Calls with one message, until that has come whole.</summary>
    public CallPlaces Arriving { get; }

    /// <summary>Calls with one message, from then on.</summary>
    public CallPlaces Running { get; }

    /// <summary>Calls with a stream of messages.</summary>
    public CallPlaces Streams { get; }

    public RequestBytes Bytes { get; }
}
