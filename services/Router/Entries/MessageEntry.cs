using Google.Protobuf;
using MedMoE.Mesh.Cache;

namespace MedMoE.Mesh.Router.Entries;

/// <summary>Cache entries that are protobuf messages.</summary>
internal static class MessageEntry
{
    /// <summary>Bytes in memory per serialised byte, without tensors: a word's position has 8 bytes on the wire, 56 in memory.</summary>
    private const int ObjectFactor = 6;

    /// <summary>Bytes of an array and the two objects around it, for a tensor or a level.</summary>
    public const int ArrayOverhead = 200;

    public static EntryKind<T> Of<T>(string name, MessageParser<T> parser, Func<T, bool> isWhole, Func<T, WireTensor?[]> tensors)
        where T : class, IMessage<T>
    {
        return new EntryKind<T>(name, message => message.CalculateSize(), (message, writer) => message.WriteTo(writer), Read) { Overhead = Overhead };

        T Read(ReadOnlyMemory<byte> bytes)
        {
            try
            {
                var message = parser.ParseFrom(bytes.Span);
                return isWhole(message) ? message : throw new InvalidDataException("a field is missing");
            }
            catch (InvalidProtocolBufferException e)
            {
                throw new InvalidDataException(e.Message);
            }
        }

        int Overhead(T message)
        {
            WireTensor[] all = [.. tensors(message).OfType<WireTensor>()];
            return (ObjectFactor * (message.CalculateSize() - all.Sum(tensor => tensor.Data.Length))) + (all.Length * ArrayOverhead);
        }
    }
}
