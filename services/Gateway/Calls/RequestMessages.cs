using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using Grpc.Core;

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
    private readonly CancellationTokenSource _answered = new();
    private TimeSpan _waited;

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

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>What has come, or comes next; null where the call is answered meanwhile.</summary>
    private async ValueTask<ReadResult?> Next(CancellationToken cancellation)
    {
        if (_answered.IsCancellationRequested)
        {
            return null;
        }
        if (body.TryRead(out var result))
        {
            return result;
        }
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _answered.Token);
        // Only while it waits: a caller is not to blame where whoever reads takes his time.
        var (isOwed, started) = (framing.IsOwed, Stopwatch.GetTimestamp());
        if (isOwed)
        {
            var left = timeout + Allowance(framing.Arrived) - _waited;
            waiting.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
        try
        {
            result = await body.ReadAsync(waiting.Token);
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
