using MedMoE.Mesh.Gateway.Calls;
using MedMoE.Mesh.Gateway.Replicas;
using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>
/// The request of a stream. When the gateway stops, it ends after the current message: the service answers what it has received, and because the rest
/// is missing, <see cref="StoppedStreams"/> changes the status.
/// </summary>
internal sealed class StreamedMessages : RequestBody, IRepeatableRequest
{
    /// <summary>How long to wait for the first byte before the stream is forwarded without one, for clients that wait for headers first.</summary>
    private static readonly TimeSpan _firstByte = TimeSpan.FromMilliseconds(200);

    /// <summary>How long an incomplete message may still take when the gateway stops.</summary>
    private static readonly TimeSpan _stopTime = TimeSpan.FromSeconds(1);

    private readonly RequestMessages _messages;
    private readonly OpenCall _call;
    private readonly CancellationToken _stopping;
    private bool _isConsumed;

    public StreamedMessages(HttpContext context, OpenCall call, CancellationToken stopping)
    {
        (_messages, _call, _stopping) = (context.Features.GetRequiredFeature<RequestMessages>(), call, stopping);
        context.Request.Body = this;
        context.Features.Set(this);
        context.Features.Set<IRepeatableRequest>(this);
    }

    public bool IsCut { get; private set; }

    /// <summary>Waits for the first byte, but not long.</summary>
    /// <returns>False if the call has ended.</returns>
    public async Task<bool> WaitForFirst()
    {
        if (await _messages.WaitForFirst(_firstByte, _call.Ended))
        {
            // From now on the stream counts as active.
            _call.Moved();
        }
        return !_call.Ended.IsCancellationRequested;
    }

    public bool TryRewind() => !_isConsumed;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_messages.IsBetweenMessages && _stopping.IsCancellationRequested)
        {
            return Cut();
        }
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var stop = _stopping.Register(() => reading.CancelAfter(_messages.IsBetweenMessages ? TimeSpan.Zero : _stopTime));
        int read;
        try
        {
            read = await _messages.ReadAsync(buffer, reading.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            if (!_messages.IsBetweenMessages)
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
        }
        return read;
    }

    private int Cut()
    {
        IsCut = true;
        return 0;
    }
}
