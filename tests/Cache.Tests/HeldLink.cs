using System.Net;
using System.Net.Sockets;

namespace MedMoE.Mesh.Cache.Tests;

/// <summary>A proxy to a server. It holds back all answers of a connection after a number of bytes, until they are released.</summary>
internal sealed class HeldLink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _server;
    private readonly long _heldAfter;
    private readonly CancellationTokenSource _enough = new();
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _accepting;

    public HeldLink(string server, long heldAfter)
    {
        (_server, _heldAfter) = (IPEndPoint.Parse(server), heldAfter);
        _listener.Start();
        _accepting = Accept();
    }

    public string Address => _listener.LocalEndpoint.ToString()!;

    /// <summary>Completes when a connection is held.</summary>
    public Task IsHeld => _held.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public void Release() => _released.SetResult();

    public async ValueTask DisposeAsync()
    {
        await _enough.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _enough.Dispose();
    }

    private async Task Accept()
    {
        var links = new List<Task>();
        try
        {
            while (true)
            {
                links.Add(Link(await _listener.AcceptTcpClientAsync(_enough.Token)));
            }
        }
        finally
        {
            await Task.WhenAll(links).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Link(TcpClient accepted)
    {
        using var client = accepted;
        using var server = new TcpClient();
        await server.ConnectAsync(_server, _enough.Token);
        await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream(), _enough.Token), Hold(server.GetStream(), client.GetStream()));
    }

    private async Task Hold(NetworkStream server, NetworkStream client)
    {
        var buffer = new byte[64 << 10];
        long sum = 0;
        for (int read; (read = await server.ReadAsync(buffer, _enough.Token)) > 0;)
        {
            sum += read;
            if (sum > _heldAfter)
            {
                _held.TrySetResult();
                await _released.Task.WaitAsync(_enough.Token);
            }
            await client.WriteAsync(buffer.AsMemory(0, read), _enough.Token);
        }
    }
}
