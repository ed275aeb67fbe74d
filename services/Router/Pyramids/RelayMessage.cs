using System.Buffers;
using Google.Protobuf;

namespace MedMoE.Mesh.Router.Pyramids;

/// <summary>
/// A message from the backbone to an expert, kept as bytes and never parsed into a tensor. The bytes are copied once on receipt, because gRPC reuses
/// its buffer and they are kept for the cache and for other calls, and once on sending, behind gRPC's header.
/// </summary>
internal sealed class RelayMessage(ReadOnlyMemory<byte> bytes)
{
    private static readonly MessageParser<LevelMessageHead> _heads = LevelMessageHead.Parser.WithDiscardUnknownFields(true);

    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    /// <summary>A level's fields without its features.</summary>
    /// <exception cref="InvalidDataException">Not a level, or a last one without its summary.</exception>
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
            ? head : throw new InvalidDataException("a message without a complete level");
    }
}
