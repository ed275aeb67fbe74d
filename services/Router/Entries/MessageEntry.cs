using Google.Protobuf;
using MedMoE.Mesh.Cache;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Router.Entries;

/// <summary>Entries of the cache that are messages.</summary>
internal static class MessageEntry
{
    /// <summary>
    /// What a message's objects take in the process for each byte that they take when written, besides those of its tensors: a word's place in the
    /// text is 8 bytes written and 56 as an object.
    /// </summary>
    private const int ObjectFactor = 6;

    /// <summary>An array and the two objects around it, of a tensor or a level.</summary>
    public const int ArrayOverhead = 200;

    /// <param name="name">Name of the kind.</param>
    /// <param name="parser">Reads it.</param>
    /// <param name="isWhole">Whether nothing is missing in what was read.</param>
    /// <param name="tensors">Its tensors, whose bytes are arrays in the process, too.</param>
    public static EntryKind<T> Of<T>(string name, MessageParser<T> parser, Func<T, bool> isWhole, Func<T, WireTensor?[]> tensors)
        where T : class, IMessage<T>
    {
        return new EntryKind<T>(name, message => message.CalculateSize(), (message, writer) => message.WriteTo(writer), Read) { Overhead = Overhead };

        T Read(ReadOnlyMemory<byte> bytes)
        {
            try
            {
                var message = parser.ParseFrom(bytes.Span);
                return isWhole(message) ? message : throw new InvalidDataException("a part is missing");
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
