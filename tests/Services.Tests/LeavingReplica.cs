using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace MedMoE.Mesh.Services.Tests;

/// <summary>
/// A replica that seems to stop whenever a call starts: it answers every HTTP/2 stream with GOAWAY, as not processed, before its messages can be
/// sent. Kestrel does so with calls that arrive while it stops.
/// </summary>
internal sealed class LeavingReplica : IAsyncDisposable
{
    private const int PrefaceLength = 24;
    private const int FrameHead = 9;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _enough = new();
    private readonly Task _serving;
    private int _calls;

    public LeavingReplica()
    {
        _listener.Start();
        _serving = Serve();
    }

    /// <summary>Calls that it has rejected.</summary>
    public int Calls => Volatile.Read(ref _calls);

    public string Address => _listener.LocalEndpoint.ToString()!;

    public async ValueTask DisposeAsync()
    {
        await _enough.CancelAsync();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
        _enough.Dispose();
    }

    private async Task Serve()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(Serve(await _listener.AcceptTcpClientAsync(_enough.Token)));
            }
        }
        finally
        {
            await Task.WhenAll(connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Serve(TcpClient client)
    {
        using var closing = client;
        var stream = client.GetStream();
        // SETTINGS: INITIAL_WINDOW_SIZE (4) is 16 bytes, so that messages wait. With none at all, .NET holds back the call itself.
        await Send(stream, type: 4, [0, 4, 0, 0, 0, 16]);
        await stream.ReadExactlyAsync(new byte[PrefaceLength], _enough.Token);
        var head = new byte[FrameHead];
        while (await stream.ReadAtLeastAsync(head, FrameHead, throwOnEndOfStream: false, _enough.Token) == FrameHead)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(head) >> 8;
            await stream.ReadExactlyAsync(new byte[length], _enough.Token);
            if (head[3] == 1)
            {
                // HEADERS: a call. GOAWAY: the last stream seen is 0, NO_ERROR.
                Interlocked.Increment(ref _calls);
                await Send(stream, type: 7, new byte[8]);
            }
        }
    }

    private async Task Send(NetworkStream stream, byte type, byte[] payload) =>
        await stream.WriteAsync(new byte[] { 0, 0, (byte)payload.Length, type, 0, 0, 0, 0, 0 }.Concat(payload).ToArray(), _enough.Token);
}
