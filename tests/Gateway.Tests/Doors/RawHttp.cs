using System.Net.Sockets;
using System.Text;

namespace MedMoE.Mesh.Gateway.Tests.Doors;

/// <summary>A connection of HTTP/1.1 that sends what it is told to.</summary>
internal sealed class RawHttp : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly TcpClient _client = new();
    private readonly StringBuilder _read = new();

    public static async Task<RawHttp> Open(Uri address)
    {
        var connection = new RawHttp();
        await connection._client.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        return connection;
    }

    public async Task Write(string text) =>
        await _client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(text), TestContext.Current.CancellationToken);

    public Task WriteChunk(string text) => Write($"{Encoding.Latin1.GetByteCount(text):x}\r\n{text}\r\n");

    /// <summary>Reads until a text has come, and leaves what comes after it.</summary>
    /// <returns>All that came before, with the text.</returns>
    public async Task<string> ReadUntil(string text)
    {
        using var patience = new CancellationTokenSource(_patience);
        var buffer = new byte[4096];
        int end;
        while ((end = _read.ToString().IndexOf(text, StringComparison.Ordinal)) < 0)
        {
            var read = await _client.GetStream().ReadAsync(buffer, patience.Token);
            Assert.True(read > 0, $"the connection ended without \"{text}\": {_read}");
            _read.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
        var before = _read.ToString(0, end + text.Length);
        _read.Remove(0, before.Length);
        return before;
    }

    /// <summary>Waits until the other side has closed the connection.</summary>
    public async Task ReadToEnd()
    {
        using var patience = new CancellationTokenSource(_patience);
        var buffer = new byte[4096];
        try
        {
            while (await _client.GetStream().ReadAsync(buffer, patience.Token) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Reset, which is an end, too.
        }
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }
}
