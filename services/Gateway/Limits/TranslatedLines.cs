using Grpc.Core;
using MedMoE.Mesh.Gateway.Calls;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>
/// The lines of a stream's request, each translated into a message. A line that cannot be read ends the request, so that those before it are
/// answered; <see cref="Fault"/> then says what is wrong.
/// </summary>
internal sealed class TranslatedLines(RequestMessages lines, ITranslatedRequest request, OpenCall call, RequestBytes bytes)
{
    private const int PartBytes = 16 << 10;

    private readonly byte[] _part = new byte[PartBytes];
    private ReadOnlyMemory<byte> _arrived;
    private byte[] _line = [];
    private int _length;
    private ReadOnlyMemory<byte> _message;
    private long _count;

    /// <summary>Why the request ends here; null as long as every line could be read.</summary>
    public Refusal? Fault { get; private set; }

    public bool IsBetweenMessages => _message.IsEmpty && _length == 0 && _arrived.IsEmpty && lines.IsBetweenMessages;

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        while (_message.IsEmpty && Fault is null)
        {
            if (!_arrived.IsEmpty)
            {
                await TakeLine();
                continue;
            }
            var read = await lines.ReadAsync(_part, cancellation);
            _arrived = _part.AsMemory(0, read);
            if (read == 0)
            {
                if (_length == 0)
                {
                    return 0;
                }
                await EndLine();
            }
        }
        var taken = Math.Min(buffer.Length, _message.Length);
        _message[..taken].CopyTo(buffer);
        _message = _message[taken..];
        return taken;
    }

    /// <summary>Takes what has arrived, up to the end of a line.</summary>
    private async ValueTask TakeLine()
    {
        var end = _arrived.Span.IndexOf((byte)'\n');
        var taken = end < 0 ? _arrived : _arrived[..end];
        Append(taken.Span);
        _arrived = _arrived[(end < 0 ? taken.Length : end + 1)..];
        if (end >= 0)
        {
            await EndLine();
        }
    }

    private void Append(ReadOnlySpan<byte> part)
    {
        if (_length + part.Length > _line.Length)
        {
            var size = Math.Max(2 * _line.Length, _length + part.Length);
            Take(size - _line.Length);
            Array.Resize(ref _line, size);
        }
        part.CopyTo(_line.AsSpan(_length));
        _length += part.Length;
    }

    private async ValueTask EndLine()
    {
        _count++;
        var line = _line.AsMemory(0, _length).Trim("\r\t "u8);
        _length = 0;
        if (line.IsEmpty)
        {
            return;
        }
        // What is read from the line, and the message of gRPC.
        var during = 2 * line.Length;
        Take(during);
        try
        {
            _message = await request.Translate(line);
        }
        catch (RpcException e)
        {
            Fault = Refusal.Of(e, $"line {_count}: ");
        }
        finally
        {
            bytes.GiveBack(call, during);
        }
        if (_line.Length > PartBytes)
        {
            bytes.GiveBack(call, _line.Length);
            _line = [];
        }
    }

    private void Take(int more)
    {
        if (bytes.TryTake(call, more, mayGiveWay: false) is { } full)
        {
            call.End(full);
            throw new OperationCanceledException(call.Ended);
        }
    }
}
