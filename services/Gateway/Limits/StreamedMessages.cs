using MedMoE.Mesh.Gateway.Calls;
using MedMoE.Mesh.Gateway.Replicas;
using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>
/// The request of a stream. When the gateway stops, it ends after the current message: the service answers what it has received, and because the rest
/// is missing, <see cref="CutStreams"/> changes the status. So does a message that cannot be translated.
/// </summary>
internal sealed class StreamedMessages : RequestBody, IRepeatableRequest
{
    /// <summary>How long to wait for the first byte before the stream is forwarded without one, for clients that wait for headers first.</summary>
    private static readonly TimeSpan _firstByte = TimeSpan.FromMilliseconds(200);

    /// <summary>How long an incomplete message may still take when the gateway stops.</summary>
    private static readonly TimeSpan _stopTime = TimeSpan.FromSeconds(1);

    private readonly RequestMessages _messages;
    private readonly TranslatedLines? _lines;
    private readonly OpenCall _call;
    private readonly CancellationToken _stopping;
    private bool _isConsumed;

    public StreamedMessages(HttpContext context, OpenCall call, RequestBytes bytes, CancellationToken stopping)
    {
        (_messages, _call, _stopping) = (context.Features.GetRequiredFeature<RequestMessages>(), call, stopping);
        _lines = context.Features.Get<ITranslatedRequest>() is { } request ? new TranslatedLines(_messages, request, call, bytes) : null;
        context.Request.Body = this;
        context.Features.Set(this);
        context.Features.Set<IRepeatableRequest>(this);
    }

    /// <summary>Why it ends before the caller ends it; null if it does not.</summary>
    public Refusal? CutFor { get; private set; }

    private bool IsBetweenMessages => _lines?.IsBetweenMessages ?? _messages.IsBetweenMessages;

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
        if (IsBetweenMessages && _stopping.IsCancellationRequested)
        {
            return Cut();
        }
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var stop = _stopping.Register(() => reading.CancelAfter(IsBetweenMessages ? TimeSpan.Zero : _stopTime));
        int read;
        try
        {
            read = await (_lines?.ReadAsync(buffer, reading.Token) ?? _messages.ReadAsync(buffer, reading.Token));
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
        CutFor ??= _lines?.Fault;
        if (read > 0)
        {
            _isConsumed = true;
            _call.Moved();
        }
        return read;
    }

    private int Cut()
    {
        CutFor = Refusal.Stopping;
        return 0;
    }
}
