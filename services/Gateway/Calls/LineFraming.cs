using Grpc.Core;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>A request with a message in each line. The last one need not have an end of line.</summary>
internal sealed class LineFraming(int maxMessageBytes) : IRequestFraming
{
    private bool _hasLine;

    public long Arrived { get; private set; }

    public long Left => 0;

    public bool IsOwed => !_hasLine || Arrived > 0;

    public void Take(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)'\n');
            Arrived += end < 0 ? bytes.Length : end;
            if (Arrived > maxMessageBytes)
            {
                throw new RpcException(Refusals.MessageTooLarge(maxMessageBytes));
            }
            if (end < 0)
            {
                return;
            }
            (Arrived, _hasLine) = (0, true);
            bytes = bytes[(end + 1)..];
        }
    }

    public void End()
    {
    }
}
