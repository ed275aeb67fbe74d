using Grpc.Core;
using MedMoE.Mesh.Gateway.Calls;
using MedMoE.Mesh.Gateway.Replicas;
using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>
/// The message of a call that has one, in memory from its first byte until the call has been answered. It is read whole before the call is
/// forwarded: a service gets it as fast as it can read, however slowly it comes, and it can be sent again where a replica is lost. Its memory grows
/// with the bytes that have come; the length that its caller announces reserves nothing.
/// </summary>
internal sealed class HeldMessage : IRepeatableRequest, IDisposable
{
    // What most messages without an image fit into.
    private const int FirstPart = 16 << 10;

    private readonly HttpContext _context;
    private readonly RequestMessages _messages;
    private readonly OpenCall _call;
    private readonly RequestBytes _bytes;
    private byte[] _content = [];
    private int _length;

    /// <param name="context">The call's context, whose request body the message becomes.</param>
    /// <param name="call">The call.</param>
    /// <param name="bytes">What its bytes are taken from.</param>
    public HeldMessage(HttpContext context, OpenCall call, RequestBytes bytes) =>
        (_context, _messages, _call, _bytes) = (context, context.Features.GetRequiredFeature<RequestMessages>(), call, bytes);

    /// <summary>Reads the message to its end.</summary>
    /// <returns>False where the call has been ended instead.</returns>
    /// <exception cref="RpcException">What comes is no message (<see cref="RequestMessages"/>).</exception>
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
            _call.End(new Refusal(StatusCode.Cancelled, "the caller has gone"));
            return false;
        }
        _context.Features.Set<IRepeatableRequest>(this);
        return TryRewind();
    }

    public bool TryRewind()
    {
        _context.Request.Body = new MemoryStream(_content, 0, _length, writable: false);
        return true;
    }

    public void Dispose() => _bytes.Release(_call.Caller, _content.Length);

    private bool TryGrow()
    {
        // One more than the message has: the end shows when no byte comes.
        var size = (int)Math.Max(FirstPart, Math.Min(2L * _content.Length, _length + _messages.Left + 1));
        if (_bytes.TryTake(_call.Caller, has: _content.Length, more: size - _content.Length) is { } full)
        {
            _call.End(full);
            return false;
        }
        Array.Resize(ref _content, size);
        return true;
    }
}
