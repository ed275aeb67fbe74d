using MedMoE.Mesh.Gateway.Replicas;
using MedMoE.Mesh.Serving.Limits;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>
/// The request of a stream on its way to a service, message by message. When the gateway stops it ends behind a whole message: the service answers
/// what it has got, and <see cref="StoppedStreams"/> tells the caller that there would have been more.
/// </summary>
internal sealed class StreamedMessages : Stream, IRepeatableRequest
{
    /// <summary>A stream without a byte is not forwarded for this long; then it is, for clients that wait for headers before they send.</summary>
    private static readonly TimeSpan _firstByte = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a message that has begun may still take when the gateway stops.</summary>
    private static readonly TimeSpan _stopTime = TimeSpan.FromSeconds(1);

    private readonly Stream _inner;
    private readonly OpenCall _call;
    private readonly CancellationToken _stopping;
    private readonly byte[] _ahead = new byte[256];
    private readonly byte[] _prefix = new byte[MessagePrefix.Size];
    private readonly CancellationTokenSource _left;
    private Task<int>? _first;
    private int _aheadStart;
    private int _aheadEnd;
    private int _prefixRead;
    private long _messageLeft;
    private bool _isConsumed;

    private StreamedMessages(Stream inner, OpenCall call, CancellationToken stopping)
    {
        (_inner, _call, _stopping) = (inner, call, stopping);
        _left = CancellationTokenSource.CreateLinkedTokenSource(call.Ended);
    }

    /// <summary>Whether the gateway has ended it because it stops.</summary>
    public bool IsCut { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    private bool IsBetweenMessages => _prefixRead == 0 && _messageLeft == 0;

    public static StreamedMessages Watch(HttpContext context, OpenCall call, CancellationToken stopping)
    {
        var messages = new StreamedMessages(context.Request.Body, call, stopping);
        context.Request.Body = messages;
        context.Features.Set(messages);
        context.Features.Set<IRepeatableRequest>(messages);
        return messages;
    }

    /// <summary>Returns with the first byte, or a little later without one.</summary>
    /// <returns>False where the call has ended. No exception: calls without a byte may come by the thousand.</returns>
    public async Task<bool> UntilFirst()
    {
        _first = _inner.ReadAsync(_ahead, _left.Token).AsTask();
        await Task.WhenAny(_first, Task.Delay(_firstByte, _call.Ended));
        return !_call.Ended.IsCancellationRequested;
    }

    /// <summary>Ends the reading ahead that nobody waits for any more: whoever reads the request on is not to find it at work.</summary>
    public override async ValueTask DisposeAsync()
    {
        await _left.CancelAsync();
        if (_first is { } first)
        {
            await ((Task)first).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        _left.Dispose();
    }

    public bool TryRewind() => !_isConsumed;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (IsBetweenMessages && _stopping.IsCancellationRequested)
        {
            return Cut();
        }
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var stop = _stopping.Register(() => reading.CancelAfter(IsBetweenMessages ? TimeSpan.Zero : _stopTime));
        int read;
        try
        {
            read = await Next(buffer, reading.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            if (!IsBetweenMessages)
            {
                _call.End(Refusal.Stopping);
                throw;
            }
            return Cut();
        }
        if (read > 0)
        {
            _isConsumed = true;
            _call.Moved();
            Follow(buffer.Span[..read]);
        }
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    private int Cut()
    {
        IsCut = true;
        return 0;
    }

    private async ValueTask<int> Next(Memory<byte> buffer, CancellationToken cancellation)
    {
        if (_first is { } first)
        {
            (_aheadEnd, _first) = (await first.WaitAsync(cancellation), null);
            if (_aheadEnd == 0)
            {
                return 0;
            }
        }
        if (_aheadStart == _aheadEnd)
        {
            return await _inner.ReadAsync(buffer, cancellation);
        }
        var ahead = Math.Min(buffer.Length, _aheadEnd - _aheadStart);
        _ahead.AsMemory(_aheadStart, ahead).CopyTo(buffer);
        _aheadStart += ahead;
        return ahead;
    }

    /// <summary>Keeps count of where messages end.</summary>
    private void Follow(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_messageLeft > 0)
            {
                var part = (int)Math.Min(_messageLeft, bytes.Length);
                _messageLeft -= part;
                bytes = bytes[part..];
                continue;
            }
            _prefix[_prefixRead++] = bytes[0];
            bytes = bytes[1..];
            if (_prefixRead == MessagePrefix.Size)
            {
                (_messageLeft, _prefixRead) = (MessagePrefix.LengthOf(_prefix) - MessagePrefix.Size, 0);
            }
        }
    }
}
