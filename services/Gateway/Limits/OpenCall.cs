using MedMoE.Mesh.Gateway.Calls;
using MedMoE.Mesh.Serving.Access;
using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>State of a call in the gateway: its caller, its last activity, and why the gateway has ended it.</summary>
internal sealed class OpenCall : IDisposable
{
    private const long Never = long.MinValue;

    // HTTP/2's error code for a peer that causes too much load; gRPC reads it as RESOURCE_EXHAUSTED.
    private const int EnhanceYourCalm = 0xb;

    // End may be called by another call at the moment when this one finishes.
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
        (Caller, Known, _time, _opened) = (Limits.Caller.Of(context), context.Features.Get<KnownCaller>(), time, time.GetTimestamp());
        _reset = context.Features.Get<IHttpResetFeature>() as HeldReset;
        _ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        Ended = _ended.Token;
    }

    public string Caller { get; }

    /// <summary>Null where callers are known by their address alone.</summary>
    public KnownCaller? Known { get; }

    /// <summary>The node in the list of <see cref="CallPlaces"/>.</summary>
    public LinkedListNode<OpenCall>? Place { get; set; }

    /// <summary>Bytes of its message that are counted. Guarded by the lock of <see cref="RequestBytes"/>.</summary>
    public long HeldBytes { get; set; }

    /// <summary>Cancelled when the caller disconnects or the gateway ends the call.</summary>
    public CancellationToken Ended { get; }

    /// <summary>Why the gateway has ended the call; null if it has not.</summary>
    public Refusal? Refusal => Volatile.Read(ref _refusal);

    public bool HasBegun => Volatile.Read(ref _moved) != Never;

    /// <summary>Time since the last byte in either direction, or since the start if there was none.</summary>
    public TimeSpan Idle => _time.GetElapsedTime(HasBegun ? Volatile.Read(ref _moved) : _opened);

    /// <summary>How long the pending part of the answer has not been read by the caller.</summary>
    public TimeSpan Unread => Volatile.Read(ref _writingSince) is var since and not Never ? _time.GetElapsedTime(since) : TimeSpan.Zero;

    public void Moved() => Volatile.Write(ref _moved, _time.GetTimestamp());

    public void WriteBegins() => Volatile.Write(ref _writingSince, _time.GetTimestamp());

    public void WriteEnds()
    {
        Volatile.Write(ref _writingSince, Never);
        Moved();
    }

    /// <summary>Ends the call. Does nothing if it has ended already.</summary>
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
                // Reset, because a status would wait behind the unread answer. Before the cancellation, because Kestrel resets a cancelled write as
                // INTERNAL.
                _reset?.ResetNow(EnhanceYourCalm);
            }
            // Asynchronously: the thread that ends other calls must not run their continuations.
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
