using MedMoE.Mesh.Gateway.Settings;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>
/// Limits the bytes of messages held by the gateway, in total and for each caller: of requests, and of answers that it translates. At the total
/// limit, a message ends incomplete requests of callers that hold more than its own caller would, for their weights: those who hold most first.
/// </summary>
internal sealed class RequestBytes(IOptions<GatewayOptions> options)
{
    private readonly long _max = options.Value.MaxBytes;
    private readonly long _maxOfCaller = (long)(options.Value.MaxBytes * options.Value.MaxClientShare);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _ofCaller = [];
    private readonly HashSet<OpenCall> _incomplete = [];
    private long _held;

    /// <summary>Bytes held now.</summary>
    internal long Held
    {
        get
        {
            lock (_lock)
            {
                return _held;
            }
        }
    }

    /// <summary>Reserves bytes until <see cref="Release"/>. A single message always succeeds: Serving:MaxMessageBytes limits it.</summary>
    /// <param name="call">The call that the bytes are held for.</param>
    /// <param name="more">How many.</param>
    /// <param name="mayGiveWay">Whether the call may from now on be ended for another: while its request is incomplete.</param>
    /// <returns>Null, or why the bytes are refused.</returns>
    public Refusal? TryTake(OpenCall call, long more, bool mayGiveWay = true)
    {
        var (share, setting) = call.Known?.MaxBytes is { } granted
            ? (granted, "max_bytes") : (_maxOfCaller, "Gateway:MaxBytes, Gateway:MaxClientShare");
        lock (_lock)
        {
            if (call.Refusal is { } ended)
            {
                return ended;
            }
            var own = _ofCaller.GetValueOrDefault(call.Caller);
            if (own > call.HeldBytes && own + more > share)
            {
                return Refusal.Over($"{share} bytes of request messages held for one client ({setting})");
            }
            if (_held > call.HeldBytes && _held + more > _max)
            {
                var full = Refusal.Over($"{_max} bytes of request messages held (Gateway:MaxBytes)");
                if (GivingWayTo(call, more) is not { } others)
                {
                    return full;
                }
                foreach (var other in others)
                {
                    // Counted no longer, although they are freed only when the call has noticed.
                    _incomplete.Remove(other);
                    Free(other, other.HeldBytes);
                    other.End(full);
                }
            }
            _held += more;
            _ofCaller[call.Caller] = own + more;
            call.HeldBytes += more;
            if (mayGiveWay)
            {
                _incomplete.Add(call);
            }
            return null;
        }
    }

    /// <summary>Call it when all of the message has come: from now on it is not ended for another.</summary>
    public void Complete(OpenCall call)
    {
        lock (_lock)
        {
            _incomplete.Remove(call);
        }
    }

    /// <summary>Gives a part of a call's bytes back.</summary>
    public void GiveBack(OpenCall call, long less)
    {
        lock (_lock)
        {
            // A call that gave way to another holds nothing any more.
            Free(call, Math.Min(less, call.HeldBytes));
        }
    }

    public void Release(OpenCall call)
    {
        lock (_lock)
        {
            _incomplete.Remove(call);
            Free(call, call.HeldBytes);
        }
    }

    /// <summary>The incomplete messages that make room for more of a newcomer; null if they are not enough.</summary>
    private List<OpenCall>? GivingWayTo(OpenCall newcomer, long more)
    {
        var held = new Dictionary<string, long>(_ofCaller);
        double Share(OpenCall call, long besides = 0) => (double)(held.GetValueOrDefault(call.Caller) + besides) / (call.Known?.Weight ?? 1);
        var own = Share(newcomer, more);
        var others = _incomplete.Where(call => call.Caller != newcomer.Caller).ToHashSet();
        var ended = new List<OpenCall>();
        for (var missing = _held + more - _max; missing > 0; missing -= ended[^1].HeldBytes)
        {
            // Of one caller's the largest, so that few end.
            if (others.MaxBy(call => (Share(call), call.HeldBytes)) is not { } most || Share(most) <= own)
            {
                return null;
            }
            others.Remove(most);
            held[most.Caller] -= most.HeldBytes;
            ended.Add(most);
        }
        return ended;
    }

    private void Free(OpenCall call, long less)
    {
        _held -= less;
        var left = _ofCaller.GetValueOrDefault(call.Caller) - less;
        if (left > 0)
        {
            _ofCaller[call.Caller] = left;
        }
        else
        {
            _ofCaller.Remove(call.Caller);
        }
        call.HeldBytes -= less;
    }
}
