using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using Grpc.Core;
using MedMoE.Mesh.Serving.Errors;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>
/// The body of a gRPC request, as whoever forwards or answers it reads it: refuses what is no message, gives up when a message does not arrive in
/// time, and ends when the call has been answered. A reader gets an <see cref="RpcException"/> with the status.
/// </summary>
/// <param name="body">The body as it comes.</param>
/// <param name="framing">Its messages.</param>
/// <param name="timeout">How long to wait for a message, see <see cref="GatewayOptions.MessageTimeout"/>.</param>
internal sealed class RequestMessages(PipeReader body, MessageFraming framing, TimeSpan timeout) : Stream
{
    private TimeSpan _waited;
    private volatile bool _answered;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The call has been answered: nothing that the caller may still send matters.</summary>
    public void End()
    {
        _answered = true;
        body.CancelPendingRead();
    }

    /// <exception cref="RpcException">There is no whole message, or not in time.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!_answered)
        {
            var result = await Next(cancellationToken);
            if (result.Buffer.IsEmpty && !result.IsCompleted)
            {
                // Woken up by End, or by a timer that was late.
                body.AdvanceTo(result.Buffer.Start);
                continue;
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
        return 0;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private async ValueTask<ReadResult> Next(CancellationToken cancellation)
    {
        var reading = body.ReadAsync(cancellation);
        if (reading.IsCompleted || !framing.IsOwed)
        {
            return await reading;
        }
        var left = timeout + Allowance(framing.Arrived) - _waited;
        var started = Stopwatch.GetTimestamp();
        // Only while it waits: a caller is not to blame where whoever reads takes his time.
        await using var timer = new Timer(_ => body.CancelPendingRead(), null, left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        var result = await reading;
        _waited += Stopwatch.GetElapsedTime(started);
        if (result is { IsCanceled: true, Buffer.IsEmpty: true } && !_answered && Stopwatch.GetElapsedTime(started) >= left)
        {
            body.AdvanceTo(result.Buffer.Start);
            throw new RpcException(Refusals.MessageTooSlow(timeout));
        }
        return result;
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        framing.Take(bytes);
        if (!framing.IsOwed)
        {
            _waited = TimeSpan.Zero;
        }
    }

    private static TimeSpan Allowance(long bytes) => TimeSpan.FromSeconds((double)bytes / GatewayOptions.MinMessageRate);
}
