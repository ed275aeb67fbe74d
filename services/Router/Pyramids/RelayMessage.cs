using System.Buffers;
using Google.Protobuf;

namespace MedMoE.Mesh.Router.Pyramids;

/// <summary>
/// A message on its way from the backbone to an expert, as the bytes it came in: never parsed into a tensor. They are copied once on the way
/// in, since gRPC takes its buffer back and they are kept for the cache and for other calls, and once on the way out, behind gRPC's header.
/// </summary>
internal sealed class RelayMessage(ReadOnlyMemory<byte> bytes)
{
    private static readonly MessageParser<LevelMessageHead> _heads = LevelMessageHead.Parser.WithDiscardUnknownFields(true);

    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    /// <summary>What a level says besides its features.</summary>
    /// <exception cref="InvalidDataException">The bytes are no level, or a last one without what comes with it.</exception>
    public LevelHead ReadHead()
    {
        LevelHead? head;
        try
        {
            head = _heads.ParseFrom(new ReadOnlySequence<byte>(Bytes)).Level;
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException(e.Message);
        }
        return head is not null && (head.Level < head.LevelCount - 1 || (head.Pooled is not null && head.Model is not null))
            ? head : throw new InvalidDataException("a message without a whole level");
    }
}
