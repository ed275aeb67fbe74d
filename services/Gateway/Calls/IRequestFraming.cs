using Grpc.Core;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>Splits the bytes of a request into messages, without reading these.</summary>
internal interface IRequestFraming
{
    /// <summary>Bytes received of the current message.</summary>
    long Arrived { get; }

    /// <summary>Bytes of the current message still to be received; 0 while its length is unknown.</summary>
    long Left { get; }

    /// <summary>
    /// Whether the caller must send now: the first message, the rest of one, or the end of a request with one message. Between the messages of a
    /// stream it may pause.
    /// </summary>
    bool IsOwed { get; }

    /// <exception cref="RpcException">The bytes are not a valid message.</exception>
    void Take(ReadOnlySpan<byte> bytes);

    /// <exception cref="RpcException">The request ends inside a message, or lacks the message it must have.</exception>
    void End();
}
