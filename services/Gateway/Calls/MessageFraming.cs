using Google.Protobuf.Reflection;
using Grpc.Core;
using MedMoE.Mesh.Serving.Limits;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>Splits a request into gRPC messages: one byte of flags, four bytes of length, and the content.</summary>
internal sealed class MessageFraming(MethodDescriptor method, bool isCompressed, int maxMessageBytes)
{
    private readonly byte[] _prefix = new byte[MessagePrefix.Size];
    private int _inPrefix;
    private int _complete;

    /// <summary>Bytes received of the current message.</summary>
    public long Arrived { get; private set; }

    /// <summary>Bytes of the current message still to be received; 0 while its length is unknown.</summary>
    public long Left { get; private set; }

    /// <summary>
    /// Whether the caller must send now: the first message, the rest of one, or the end of a request with one message. Between the messages of a
    /// stream it may pause.
    /// </summary>
    public bool IsOwed => _complete == 0 || Arrived > 0 || !method.IsClientStreaming;

    /// <exception cref="RpcException">The bytes are not a valid message.</exception>
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

    /// <exception cref="RpcException">The request ends inside a message, or lacks the message it must have.</exception>
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
