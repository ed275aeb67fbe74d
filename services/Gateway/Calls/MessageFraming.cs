using Google.Protobuf.Reflection;
using Grpc.Core;
using MedMoE.Mesh.Serving.Limits;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>Splits a request into gRPC messages: one byte of flags, four bytes of length, and the content.</summary>
internal sealed class MessageFraming(MethodDescriptor method, bool isCompressed, int maxMessageBytes) : IRequestFraming
{
    private readonly byte[] _prefix = new byte[MessagePrefix.Size];
    private int _inPrefix;
    private int _complete;

    public long Arrived { get; private set; }

    public long Left { get; private set; }

    public bool IsOwed => _complete == 0 || Arrived > 0 || !method.IsClientStreaming;

    public void Take(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_complete > 0 && !method.IsClientStreaming)
            {
                throw new RpcException(Refusals.MoreThanOne);
            }
            var taken = _inPrefix < MessagePrefix.Size ? TakePrefix(bytes) : TakeContent(bytes);
            bytes = bytes[taken..];
            Arrived += taken;
            if (_inPrefix == MessagePrefix.Size && Left == 0)
            {
                _complete++;
                (_inPrefix, Arrived) = (0, 0);
            }
        }
    }

    public void End()
    {
        if (Arrived > 0 || (_complete == 0 && !method.IsClientStreaming))
        {
            throw new RpcException(Refusals.Incomplete);
        }
    }

    private int TakePrefix(ReadOnlySpan<byte> bytes)
    {
        var taken = Math.Min(MessagePrefix.Size - _inPrefix, bytes.Length);
        bytes[..taken].CopyTo(_prefix.AsSpan(_inPrefix));
        _inPrefix += taken;
        if (_prefix[0] > 1)
        {
            throw new RpcException(Refusals.UnknownFlag);
        }
        if (_prefix[0] == 1 && !isCompressed)
        {
            throw new RpcException(Refusals.NoEncoding);
        }
        if (_inPrefix == MessagePrefix.Size)
        {
            Left = MessagePrefix.LengthOf(_prefix) - MessagePrefix.Size;
            if (Left > maxMessageBytes)
            {
                throw new RpcException(Refusals.MessageTooLarge(maxMessageBytes));
            }
        }
        return taken;
    }

    private int TakeContent(ReadOnlySpan<byte> bytes)
    {
        var taken = (int)Math.Min(Left, bytes.Length);
        Left -= taken;
        return taken;
    }
}
