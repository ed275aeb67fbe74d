using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using Grpc.Core;
using MedMoE.Mesh.Gateway.Settings;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>
/// The body of a gRPC request, as whoever forwards or answers it reads it: refuses what is no message, gives up when a message does not arrive in
/// time, and ends when the call has been answered. A reader gets an <see cref="RpcException"/> with the status.
/// </summary>
/// <param name="body">The body as it comes.</param>
/// <param name="framing">Its messages.</param>
/// <param name="timeout">How long to wait for a message, see <see cref="GatewayOptions.MessageTimeout"/>.</param>
internal sealed class RequestMessages(PipeReader body, MessageFraming framing, TimeSpan timeout) : RequestBody
{
    private readonly CancellationTokenSource _answered = new();
    private TimeSpan _waited;

    /// <summary>Whether what has been read ends with a whole message.</summary>
    public bool IsBetweenMessages => framing.Arrived == 0;

    /// <inheritdoc cref="MessageFraming.Left"/>
    public long Left => framing.Left;

    /// <summary>The call has been answered: nothing that the caller may still send matters.</summary>
    public void End() => _answered.Cancel();

    /// <exception cref="RpcException">There is no whole message, or not in time.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (await Next(cancellationToken) is not { } result)
        {
            return 0;
        }
        var part = result.Buffer.Slice(0, Math.Min(buffer.Length, result.Buffer.Length));
        part.CopyTo(buffer.Span);
        var (bytes, isEnd) = ((int)part.Length, result.IsCompleted && result.Buffer.IsEmpty);
        body.AdvanceTo(part.End);
        if (isEnd)
        {
            framing.End();
        }
        // None where the reader only asks whether there is something.
        Take(buffer.Span[..bytes]);
        return bytes;
    }

    /// <summary>Returns when a first byte is there to be read, the request has ended, or the time is over. It reads nothing.</summary>
    /// <returns>Whether there is a byte.</returns>
    /// <remarks>Without an exception where nothing comes: calls without a byte may come by the thousand.</remarks>
    public async Task<bool> UntilFirst(TimeSpan time, CancellationToken cancellation)
    {
        using var over = new CancellationTokenSource(time);
        await using var timed = over.Token.Register(CancelRead);
        await using var cancelled = cancellation.Register(CancelRead);
        try
        {
            var result = await body.ReadAsync(CancellationToken.None);
            body.AdvanceTo(result.Buffer.Start);
            return !result.Buffer.IsEmpty;
        }
        catch (IOException)
        {
            // The caller has gone. Whoever reads next hears of it.
            return false;
        }
    }

    private void CancelRead()
    {
        try
        {
            body.CancelPendingRead();
        }
        catch (IOException)
        {
            // Kestrel's pipe throws where its connection has been lost: there is no read to cancel any more. Out of a timer it would be an alarm.
        }
    }

    /// <summary>What has come, or comes next; null where the call is answered meanwhile.</summary>
    private async ValueTask<ReadResult?> Next(CancellationToken cancellation)
    {
        if (_answered.IsCancellationRequested)
        {
            return null;
        }
        if (body.TryRead(out var result) && !IsOnlyCancelled(result))
        {
            return result;
        }
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _answered.Token);
        // Only while it waits: a caller is not to blame where whoever reads takes his time.
        var (isOwed, started) = (framing.IsOwed, Stopwatch.GetTimestamp());
        if (isOwed)
        {
            // Slow is allowed, standing still is not: however much has come, the next part must come in time.
            var left = timeout + Allowance(framing.Arrived) - _waited;
            waiting.CancelAfter(left < TimeSpan.Zero ? TimeSpan.Zero : left < timeout ? left : timeout);
        }
        try
        {
            do
            {
                result = await body.ReadAsync(waiting.Token);
            }
            while (IsOnlyCancelled(result));
        }
        catch (OperationCanceledException) when (waiting.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            return _answered.IsCancellationRequested ? null : throw new RpcException(Refusals.MessageTooSlow(timeout));
        }
        if (isOwed)
        {
            _waited += Stopwatch.GetElapsedTime(started);
        }
        return result;
    }

    /// <summary>The end of <see cref="UntilFirst"/> may come as the read ends by itself, and then shows at the next one.</summary>
    private bool IsOnlyCancelled(ReadResult result)
    {
        if (!result.IsCanceled || !result.Buffer.IsEmpty || result.IsCompleted)
        {
            return false;
        }
        body.AdvanceTo(result.Buffer.Start);
        return true;
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        framing.Take(bytes);
        if (!bytes.IsEmpty && framing.Arrived == 0)
        {
            // A message is complete: what comes next has its own time.
            _waited = TimeSpan.Zero;
        }
    }

    private static TimeSpan Allowance(long bytes) => TimeSpan.FromSeconds((double)bytes / GatewayOptions.MinMessageRate);
}
