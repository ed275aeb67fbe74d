using MedMoE.Mesh.Gateway.Replicas;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>A call's message in memory until the call has been answered; so it can be sent again.</summary>
internal sealed class HeldMessage : IRepeatableRequest, IDisposable
{
    private readonly RequestBytes _bytes;
    private readonly OpenCall _call;
    private readonly HttpContext _context;
    private readonly long _taken;
    private readonly byte[] _content;
    private int _length;

    /// <param name="bytes">What its bytes were taken from.</param>
    /// <param name="call">Its call.</param>
    /// <param name="context">The call's context, whose request body this becomes.</param>
    /// <param name="content">Its bytes, prefix included, or the memory for them.</param>
    /// <param name="taken">How many were taken.</param>
    public HeldMessage(RequestBytes bytes, OpenCall call, HttpContext context, byte[] content, long taken)
    {
        (_bytes, _call, _context, _content, _length, _taken) = (bytes, call, context, content, content.Length, taken);
        context.Features.Set<IRepeatableRequest>(this);
        TryRewind();
    }

    /// <summary>Reads the message after its prefix.</summary>
    /// <returns>False where another one follows.</returns>
    public async Task<bool> Fill(ReadOnlyMemory<byte> prefix, Stream body)
    {
        prefix.CopyTo(_content);
        var rest = _content.AsMemory(prefix.Length);
        _length = prefix.Length + await body.ReadAtLeastAsync(rest, rest.Length, throwOnEndOfStream: false, _call.Ended);
        var isLast = _length < _content.Length || await body.ReadAsync(new byte[1], _call.Ended) == 0;
        TryRewind();
        return isLast;
    }

    public bool TryRewind()
    {
        _context.Request.Body = new MemoryStream(_content, 0, _length, writable: false);
        return true;
    }

    public void Dispose()
    {
        if (_taken > 0)
        {
            _bytes.Release(_call.Caller, _taken);
        }
    }
}
