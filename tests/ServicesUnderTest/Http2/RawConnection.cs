using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace MedMoE.Mesh.ServicesUnderTest.Http2;

/// <summary>HTTP/2 without TLS, written by hand: can send what no gRPC client would.</summary>
public sealed class RawConnection : IAsyncDisposable
{
    private static readonly byte[] _preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    // No header table, no pushes, and windows that never need an update.
    private static readonly byte[] _settings = [0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 4, 0x7f, 0xff, 0xff, 0xff];

    private readonly TcpClient _socket;
    private readonly Channel<byte[]> _toSend = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<int, RawCall> _calls = [];
    private readonly Lock _opening = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _work = Task.CompletedTask;
    private int _lastStream = -1;
    private int? _goAway;

    private RawConnection(IPAddress? from) => _socket = new TcpClient(new IPEndPoint(from ?? IPAddress.Any, 0)) { NoDelay = true };

    /// <summary>Completes when the peer has closed it.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Connects to HOST:PORT.</summary>
    /// <param name="address">Where to.</param>
    /// <param name="from">Local loopback address; null for the system's choice.</param>
    public static async Task<RawConnection> Open(string address, IPAddress? from = null)
    {
        var connection = new RawConnection(from);
        await connection._socket.ConnectAsync(IPEndPoint.Parse(address), TestContext.Current.CancellationToken);
        connection.Send([.. _preface, .. Frame.Of(FrameType.Settings, 0, 0, _settings)]);
        connection.Send(Frame.Of(FrameType.WindowUpdate, 0, 0, [0x7f, 0xff, 0, 0]));
        connection._work = Task.WhenAll(Task.Run(connection.SendAll), Task.Run(connection.ReceiveAll));
        return connection;
    }

    /// <summary>Begins a call.</summary>
    /// <param name="path">Of the method: "/medmoe.mesh.v1.RouterService/Analyze".</param>
    /// <param name="more">Headers in addition to those of a gRPC call; one of the same name replaces it, or with null removes it.</param>
    /// <param name="end">Whether the request ends with them.</param>
    public RawCall Begin(string path, IReadOnlyList<(string Name, string? Value)>? more = null, bool end = false)
    {
        (string Name, string? Value)[] usual =
        [
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "mesh"),
            ("content-type", "application/grpc"), ("te", "trailers"),
        ];
        var own = more ?? [];
        var fields = usual.Where(field => own.All(o => o.Name != field.Name)).Concat(own).Where(field => field.Value is not null)
            .OrderBy(field => !field.Name.StartsWith(':'));
        var block = HeaderBlock.Write(fields.Select(field => (field.Name, field.Value!)));
        lock (_opening)
        {
            var call = new RawCall(this, _lastStream += 2);
            _calls[_lastStream] = call;
            SendHeaders(block, end);
            if (Closed.IsCompleted)
            {
                call.OnEnd(_goAway ?? 0);
            }
            return call;
        }
    }

    /// <summary>A call with one request body.</summary>
    public RawCall Call(string path, ReadOnlySpan<byte> body, bool end = true, params IReadOnlyList<(string Name, string? Value)> more)
    {
        var call = Begin(path, more);
        call.Send(body, end);
        return call;
    }

    public async ValueTask DisposeAsync()
    {
        _toSend.Writer.TryComplete();
        _socket.Dispose();
        await _work;
    }

    internal void Send(byte[] frames) => _toSend.Writer.TryWrite(frames);

    internal void Forget(int stream) => _calls.TryRemove(stream, out _);

    private void SendHeaders(byte[] block, bool end)
    {
        for (var at = 0; at == 0 || at < block.Length; at += Frame.MaxPayload)
        {
            var part = block.AsSpan(at, Math.Min(Frame.MaxPayload, block.Length - at));
            var flags = (at == 0 && end ? Frame.EndStream : 0) | (at + part.Length == block.Length ? Frame.EndHeaders : 0);
            Send(Frame.Of(at == 0 ? FrameType.Headers : FrameType.Continuation, (byte)flags, _lastStream, part));
        }
    }

    private async Task SendAll()
    {
        try
        {
            await using var buffered = new BufferedStream(_socket.GetStream(), 1 << 16);
            while (await _toSend.Reader.WaitToReadAsync())
            {
                while (_toSend.Reader.TryRead(out var frames))
                {
                    await buffered.WriteAsync(frames);
                }
                await buffered.FlushAsync();
            }
        }
        catch (Exception e) when (IsClosed(e))
        {
            // The receiving side reports this to the waiting calls.
        }
    }

    private async Task ReceiveAll()
    {
        try
        {
            await using var stream = new BufferedStream(_socket.GetStream(), 1 << 16);
            var header = new byte[Frame.HeaderSize];
            while (true)
            {
                await stream.ReadExactlyAsync(header);
                var payload = new byte[(header[0] << 16) | BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(1))];
                await stream.ReadExactlyAsync(payload);
                Take((FrameType)header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)), payload);
            }
        }
        catch (Exception e) when (IsClosed(e))
        {
            _closed.TrySetResult();
            foreach (var call in _calls.Values)
            {
                call.OnEnd(_goAway ?? 0);
            }
        }
    }

    // NotSupported: thrown by BufferedStream for a socket that was closed between two reads or writes.
    private static bool IsClosed(Exception e) => e is IOException or ObjectDisposedException or NotSupportedException;

    private void Take(FrameType type, byte flags, int stream, byte[] payload)
    {
        if (type is FrameType.Settings or FrameType.Ping)
        {
            if ((flags & Frame.Ack) == 0)
            {
                Send(Frame.Of(type, Frame.Ack, 0, type == FrameType.Ping ? payload : []));
            }
        }
        else if (type == FrameType.GoAway)
        {
            _goAway = BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(4));
        }
        else if (_calls.TryGetValue(stream, out var call))
        {
            TakeOf(call, type, payload);
            if (type == FrameType.Reset || (type is FrameType.Data or FrameType.Headers && (flags & Frame.EndStream) != 0))
            {
                Forget(stream);
                call.OnEnd(type == FrameType.Reset ? BinaryPrimitives.ReadInt32BigEndian(payload) : null);
            }
        }
    }

    private static void TakeOf(RawCall call, FrameType type, byte[] payload)
    {
        if (type == FrameType.Data)
        {
            call.OnData(payload);
        }
        else if (type == FrameType.Headers)
        {
            call.OnHeaders(payload);
        }
    }
}
