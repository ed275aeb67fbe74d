using Grpc.Core;
using MedMoE.Mesh.Gateway.Calls;
using MedMoE.Mesh.Gateway.Replicas;
using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>
/// The request of a call with one message, read whole before it is forwarded and held until the call is answered. A slow caller thus does not occupy
/// a service, and the request can be sent again if a replica is lost. Memory grows with the bytes received; the announced length reserves nothing.
/// </summary>
internal sealed class HeldMessage : IRepeatableRequest, IDisposable
{
    // Enough for most messages without an image.
    private const int FirstPart = 16 << 10;

    private readonly HttpContext _context;
    private readonly RequestMessages _messages;
    private readonly OpenCall _call;
    private readonly RequestBytes _bytes;
    private byte[] _content = [];
    private int _length;

    public HeldMessage(HttpContext context, OpenCall call, RequestBytes bytes) =>
        (_context, _messages, _call, _bytes) = (context, context.Features.GetRequiredFeature<RequestMessages>(), call, bytes);

    /// <summary>The message with its prefix, when it has been read.</summary>
    public ReadOnlyMemory<byte> Content => _content.AsMemory(0, _length);

    /// <summary>Reads the whole message.</summary>
    /// <returns>False if the call has been ended.</returns>
    /// <exception cref="RpcException">The message is invalid (<see cref="RequestMessages"/>).</exception>
    public async Task<bool> Fill()
    {
        try
        {
            int read;
            do
            {
                if (_length == _content.Length && !TryGrow())
                {
                    return false;
                }
                read = await _messages.ReadAsync(_content.AsMemory(_length), _call.Ended);
                _length += read;
            }
            while (read > 0);
        }
        catch (IOException)
        {
            _call.End(new Refusal(StatusCode.Cancelled, GrpcErrors.CallerGone));
            return false;
        }
        if (_context.Features.Get<ITranslatedRequest>() is { } request && !await TryTranslate(request))
        {
            return false;
        }
        _context.Features.Set<IRepeatableRequest>(this);
        _context.Features.Set(this);
        _bytes.Complete(_call);
        return _call.Refusal is null && TryRewind();
    }

    public bool TryRewind()
    {
        _context.Request.Body = new MemoryStream(_content, 0, _length, writable: false);
        return true;
    }

    public void Dispose() => _bytes.Release(_call);

    /// <summary>Replaces what has come by its translation.</summary>
    private async Task<bool> TryTranslate(ITranslatedRequest request)
    {
        // While it is translated, also what is read from it is held, and the message of gRPC: each takes about as much again.
        if (_bytes.TryTake(_call, 2L * _length) is { } full)
        {
            _call.End(full);
            return false;
        }
        var held = _content.Length + (2L * _length);
        _content = await request.Translate(_content.AsMemory(0, _length));
        _length = _content.Length;
        _bytes.GiveBack(_call, Math.Max(0, held - _length));
        return true;
    }

    private bool TryGrow()
    {
        // One byte more than the message has: the end shows as a read of zero bytes.
        var size = (int)Math.Max(FirstPart, Math.Min(2L * _content.Length, _length + _messages.Left + 1));
        if (_bytes.TryTake(_call, size - _content.Length) is { } full)
        {
            _call.End(full);
            return false;
        }
        Array.Resize(ref _content, size);
        return true;
    }
}
