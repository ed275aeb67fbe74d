using MedMoE.Mesh.Gateway.Calls;
using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>A call on its way through the gateway: whose it is, when it last got on, and whether the gateway has ended it.</summary>
internal sealed class OpenCall : IDisposable
{
    private const long Never = long.MinValue;

    // HTTP/2's code for a peer that makes too much work; gRPC reads RESOURCE_EXHAUSTED.
    private const int EnhanceYourCalm = 0xb;

    // Guards ending against being over: whoever ends a call may come when it has just ended by itself.
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _ended;
    private readonly HeldReset? _reset;
    private readonly TimeProvider _time;
    private readonly long _opened;
    private long _moved = Never;
    private long _writingSince = Never;
    private Refusal? _refusal;
    private bool _isOver;

    public OpenCall(HttpContext context, TimeProvider time)
    {
        (Caller, _time, _opened) = (Limits.Caller.Of(context), time, time.GetTimestamp());
        _reset = context.Features.Get<IHttpResetFeature>() as HeldReset;
        _ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        Ended = _ended.Token;
    }

    public string Caller { get; }

    /// <summary>Where <see cref="CallPlaces"/> keeps it.</summary>
    public LinkedListNode<OpenCall>? Place { get; set; }

    /// <summary>Cancelled when the caller goes or the gateway ends the call.</summary>
    public CancellationToken Ended { get; }

    /// <summary>Why the gateway has ended it; null where it has not.</summary>
    public Refusal? Refusal => Volatile.Read(ref _refusal);

    /// <summary>Whether a byte has gone in either direction.</summary>
    public bool HasBegun => Volatile.Read(ref _moved) != Never;

    /// <summary>How long no byte has gone in either direction; before the first, since it was opened.</summary>
    public TimeSpan Idle => _time.GetElapsedTime(HasBegun ? Volatile.Read(ref _moved) : _opened);

    /// <summary>How long the caller has not read an answer that is there.</summary>
    public TimeSpan Unread => Volatile.Read(ref _writingSince) is var since and not Never ? _time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>A byte has gone in either direction.</summary>
    public void Moved() => Volatile.Write(ref _moved, _time.GetTimestamp());

    public void WriteBegins() => Volatile.Write(ref _writingSince, _time.GetTimestamp());

    public void WriteEnds()
    {
        Volatile.Write(ref _writingSince, Never);
        Moved();
    }

    /// <summary>Ends the call; only the first reason counts, and none where it is over.</summary>
    public void End(Refusal refusal)
    {
        lock (_lock)
        {
            if (_isOver || _refusal is not null)
            {
                return;
            }
            _refusal = refusal;
            if (Unread > TimeSpan.Zero)
            {
                // A status would stand behind what the caller does not read. Before the end: a cancelled write has Kestrel reset it as INTERNAL.
                _reset?.ResetNow(EnhanceYourCalm);
            }
            // Whoever ends others' calls is not to run what follows their end.
            _ = _ended.CancelAsync();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            _ended.Dispose();
        }
    }
}
