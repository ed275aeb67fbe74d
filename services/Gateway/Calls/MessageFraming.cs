using Google.Protobuf.Reflection;
using Grpc.Core;
using MedMoE.Mesh.Serving.Limits;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>How a request divides into gRPC messages: a flag, four bytes of length, and as many bytes.</summary>
/// <param name="method">What the request calls.</param>
/// <param name="isCompressed">Whether its headers name a compression, so that messages may be compressed.</param>
/// <param name="maxMessageBytes">Bytes of a message at most.</param>
internal sealed class MessageFraming(MethodDescriptor method, bool isCompressed, int maxMessageBytes)
{
    private readonly byte[] _prefix = new byte[MessagePrefix.Size];
    private int _inPrefix;
    private int _complete;

    /// <summary>Bytes that have come of the message that is under way.</summary>
    public long Arrived { get; private set; }

    /// <summary>Bytes of it that are still to come; 0 while its length is not known.</summary>
    public long Left { get; private set; }

    /// <summary>
    /// Whether the caller owes something: a first message, the rest of one, or the end of a request that has one message. Between the messages of
    /// a stream he may take his time.
    /// </summary>
    public bool IsOwed => _complete == 0 || Arrived > 0 || !method.IsClientStreaming;

    /// <summary>Takes what comes next.</summary>
    /// <exception cref="RpcException">It cannot be passed on.</exception>
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

    /// <summary>The request has ended.</summary>
    /// <exception cref="RpcException">In the middle of a message, or without the one that it must have.</exception>
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
