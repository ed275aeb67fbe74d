using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using Grpc.Core;
using MedMoE.Mesh.Gateway.Settings;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>
/// The body of a call's request: refuses invalid messages, applies <see cref="GatewayOptions.MessageTimeout"/>, and ends when the call has been
/// answered. Readers get an <see cref="RpcException"/> with the status.
/// </summary>
internal sealed class RequestMessages(PipeReader body, IRequestFraming framing, TimeSpan timeout) : RequestBody
{
    private readonly CancellationTokenSource _answered = new();
    private TimeSpan _waited;

    /// <summary>Whether the last byte read was the end of a message.</summary>
    public bool IsBetweenMessages => framing.Arrived == 0;

    /// <summary>Bytes read so far.</summary>
    public long Bytes { get; private set; }

    /// <inheritdoc cref="IRequestFraming.Left"/>
    public long Left => framing.Left;

    /// <summary>Call it when the call has been answered: what the caller still sends is ignored.</summary>
    public void End() => _answered.Cancel();

    /// <exception cref="RpcException">A message is invalid or incomplete, or the timeout has passed.</exception>
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
        // Empty if the reader passed an empty buffer, only to wait for data.
        Take(buffer.Span[..bytes]);
        return bytes;
    }

    /// <summary>Waits, without reading, for the first byte, the end of the request, or the timeout.</summary>
    /// <returns>Whether a byte can be read.</returns>
    /// <remarks>Throws no exception on timeout: exceptions are slow, and thousands of calls may send no byte.</remarks>
    public async Task<bool> WaitForFirst(TimeSpan time, CancellationToken cancellation)
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
            // The caller has disconnected. The next read throws.
            return false;
        }
    }

    private void CancelRead()
    {
        try
        {
            body.CancelPendingRead();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Kestrel's pipe throws once its connection is lost: there is no read left to cancel. Unhandled in a timer, it would end the process.
        }
    }

    /// <summary>The next bytes, or null if the call is answered in the meantime.</summary>
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
        // Count only the time spent here: the caller is not responsible for a slow reader.
        var (isOwed, started) = (framing.IsOwed, Stopwatch.GetTimestamp());
        if (isOwed)
        {
            // A slow message is allowed as long as it keeps its minimum rate, and no single part takes longer than the timeout.
            var left = timeout + Allowance(framing.Arrived) - _waited;
            waiting.CancelAfter(left < TimeSpan.Zero ? TimeSpan.Zero : left < timeout ? left : timeout);
        }
        bool isCancelled;
        // Not by a token: Kestrel then takes the read of a body in HTTP/1.1 for one that still runs.
        await using (waiting.Token.Register(CancelRead))
        {
            do
            {
                result = await body.ReadAsync(CancellationToken.None);
                isCancelled = IsOnlyCancelled(result);
            }
            while (isCancelled && !waiting.IsCancellationRequested);
        }
        if (isCancelled)
        {
            cancellation.ThrowIfCancellationRequested();
            return _answered.IsCancellationRequested ? null : throw new RpcException(Refusals.MessageTooSlow(timeout));
        }
        if (isOwed)
        {
            _waited += Stopwatch.GetElapsedTime(started);
        }
        return result;
    }

    /// <summary>True also if the cancellation came just after the read before this one had ended.</summary>
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
        Bytes += bytes.Length;
        framing.Take(bytes);
        if (!bytes.IsEmpty && framing.Arrived == 0)
        {
            // A message is complete: the next one has a new timeout.
            _waited = TimeSpan.Zero;
        }
    }

    private static TimeSpan Allowance(long bytes) => TimeSpan.FromSeconds((double)bytes / GatewayOptions.MinMessageRate);
}
