using MedMoE.Mesh.Gateway.Calls;
using MedMoE.Mesh.Gateway.Replicas;
using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>
/// The request of a stream on its way to a service. When the gateway stops it ends behind a whole message: the service answers what it has got, and
/// <see cref="StoppedStreams"/> tells the caller that there would have been more.
/// </summary>
internal sealed class StreamedMessages : RequestBody, IRepeatableRequest
{
    /// <summary>A stream without a byte is not forwarded for this long; then it is, for clients that wait for headers before they send.</summary>
    private static readonly TimeSpan _firstByte = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a message that has begun may still take when the gateway stops.</summary>
    private static readonly TimeSpan _stopTime = TimeSpan.FromSeconds(1);

    private readonly RequestMessages _messages;
    private readonly OpenCall _call;
    private readonly CancellationToken _stopping;
    private bool _isConsumed;

    /// <summary>Takes the place of the context's request body.</summary>
    /// <param name="context">The call's context.</param>
    /// <param name="call">The call.</param>
    /// <param name="stopping">Cancelled when the gateway is told to stop.</param>
    public StreamedMessages(HttpContext context, OpenCall call, CancellationToken stopping)
    {
        (_messages, _call, _stopping) = (context.Features.GetRequiredFeature<RequestMessages>(), call, stopping);
        context.Request.Body = this;
        context.Features.Set(this);
        context.Features.Set<IRepeatableRequest>(this);
    }

    /// <summary>Whether the gateway has ended it because it stops.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Returns with the first byte, or a little later without one.</summary>
    /// <returns>False where the call has ended.</returns>
    public async Task<bool> UntilFirst()
    {
        if (await _messages.UntilFirst(_firstByte, _call.Ended))
        {
            // It has something to do, and keeps its place from here on.
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
