using System.Buffers;
using Grpc.Core;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>Bytes that the gateway makes for a call, counted among those that it holds.</summary>
internal sealed class CountedBuffer(OpenCall call, RequestBytes bytes) : IBufferWriter<byte>
{
    private readonly ArrayBufferWriter<byte> _content = new();

    public ReadOnlyMemory<byte> Written => _content.WrittenMemory;

    /// <summary>Bytes that it holds.</summary>
    public int Capacity => _content.Capacity;

    public void Advance(int count) => _content.Advance(count);

    /// <exception cref="RpcException">The bytes are over a limit; the call has been ended.</exception>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _content.GetMemory(sizeHint);
    }

    /// <inheritdoc cref="GetMemory"/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _content.GetSpan(sizeHint);
    }

    private void Reserve(int sizeHint)
    {
        if (Math.Max(1, sizeHint) <= _content.FreeCapacity)
        {
            return;
        }
        // ArrayBufferWriter grows by its own size, by the hint if that is more, and to 256 bytes at first.
        var growth = Math.Max(Math.Max(sizeHint, _content.Capacity), 256);
        if (bytes.TryTake(call, growth, mayGiveWay: false) is { } full)
        {
            call.End(full);
            throw new RpcException(new Status(full.Code, full.Message));
        }
    }
}
