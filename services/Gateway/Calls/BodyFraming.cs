using Grpc.Core;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>A request whose whole body is one message, of a length that is announced or not.</summary>
internal sealed class BodyFraming(long? length, int maxMessageBytes) : IRequestFraming
{
    public long Arrived { get; private set; }

    // The server ends a body at the length that was announced.
    public long Left => (length ?? maxMessageBytes) - Arrived;

    public bool IsOwed => true;

    public void Take(ReadOnlySpan<byte> bytes)
    {
        Arrived += bytes.Length;
        if (Arrived > maxMessageBytes)
        {
            throw new RpcException(Refusals.MessageTooLarge(maxMessageBytes));
        }
    }

    public void End()
    {
    }
}
