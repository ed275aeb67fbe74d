using System.Buffers.Binary;
using System.Globalization;
using Grpc.Core;

namespace MedMoE.Mesh.ServicesUnderTest.Http2;

/// <summary>A call of a <see cref="RawConnection"/>: one HTTP/2 stream.</summary>
public sealed class RawCall
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly RawConnection _connection;
    private readonly int _stream;
    private readonly MemoryStream _data = new();
    private readonly Dictionary<string, string> _fields = [];
    private readonly TaskCompletionSource<RawAnswer> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal RawCall(RawConnection connection, int stream) => (_connection, _stream) = (connection, stream);

    /// <summary>Completes when the call ends, which may never happen.</summary>
    public Task<RawAnswer> Ended => _ended.Task;

    /// <summary>Its end.</summary>
    public async Task<RawAnswer> Answer()
    {
        try
        {
            return await Ended.WaitAsync(_patience, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"a call did not end within {_patience}");
        }
    }

    /// <summary>A message as gRPC frames it.</summary>
    public static byte[] Framed(byte[] message, byte flag = 0)
    {
        var framed = new byte[5 + message.Length];
        framed[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed, 5);
        return framed;
    }

    /// <summary>Sends raw bytes, and ends the request with them if <paramref name="end"/>.</summary>
    public void Send(ReadOnlySpan<byte> bytes, bool end)
    {
        do
        {
            var part = bytes[..Math.Min(bytes.Length, Frame.MaxPayload)];
            bytes = bytes[part.Length..];
            _connection.Send(Frame.Of(FrameType.Data, end && bytes.IsEmpty ? Frame.EndStream : (byte)0, _stream, part));
        }
        while (!bytes.IsEmpty);
    }

    /// <summary>Cancels the call.</summary>
    public void Reset()
    {
        _connection.Forget(_stream);
        _connection.Send(Frame.Of(FrameType.Reset, 0, _stream, [0, 0, 0, 8]));
    }

    internal void OnData(byte[] data) => _data.Write(data);

    internal void OnHeaders(byte[] block)
    {
        foreach (var (name, value) in HeaderBlock.Read(block))
        {
            _fields[name] = value;
        }
    }

    internal void OnEnd(int? reset = null)
    {
        StatusCode? code = _fields.TryGetValue("grpc-status", out var status) ? (StatusCode)int.Parse(status, CultureInfo.InvariantCulture) : null;
        _ended.TrySetResult(new RawAnswer(code, Uri.UnescapeDataString(_fields.GetValueOrDefault("grpc-message", "")), _data.ToArray(), reset));
    }
}
