using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;
using MedMoE.Mesh.Cache;
using MedMoE.Mesh.Router.Relay;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Router.Features;

/// <summary>What the router keeps in the cache.</summary>
internal static class EntryKinds
{
    /// <summary>
    /// What a message's objects take in the process for each byte that they take when written, besides those of its tensors: a word's place in the
    /// text is 8 bytes written and 56 as an object.
    /// </summary>
    private const int ObjectFactor = 6;

    /// <summary>An array and the two objects around it, of a tensor or a level.</summary>
    private const int ArrayOverhead = 200;

    /// <summary>An encoded text, without the text itself.</summary>
    public static EntryKind<EncodedText> Text { get; } = Message(
        "text", EncodedText.Parser, text => text.Sentence is not null && text.WordEmbeddings is not null,
        text => [text.Sentence, text.WordEmbeddings]);

    /// <summary>An expert's answer.</summary>
    public static EntryKind<LocalizeResponse> Answer { get; } = Message(
        "answer", LocalizeResponse.Parser, answer => answer.ImageEmbedding is not null && answer.Model is not null,
        answer => [answer.ImageEmbedding, answer.LocalFeatures, .. answer.Texts.Select(text => text.Attention)]);

    /// <summary>The pooled feature alone, for the image gate.</summary>
    public static EntryKind<WireTensor> Pooled { get; } = Message(
        "pooled", WireTensor.Parser, pooled => pooled.Data.Length > 0, pooled => [pooled]);

    /// <summary>The levels of a pyramid as they came, each behind its length.</summary>
    public static EntryKind<RelayMessage[]> Pyramid { get; } = new(
        "pyramid",
        levels => levels.Sum(level => sizeof(int) + level.Bytes.Length),
        (levels, writer) =>
        {
            foreach (var level in levels)
            {
                BinaryPrimitives.WriteInt32LittleEndian(writer.GetSpan(sizeof(int)), level.Bytes.Length);
                writer.Advance(sizeof(int));
                writer.Write(level.Bytes.Span);
            }
        },
        ReadPyramid)
    {
        Overhead = levels => levels.Length * ArrayOverhead,
    };

    private static RelayMessage[] ReadPyramid(ReadOnlyMemory<byte> bytes)
    {
        var levels = new List<RelayMessage>();
        while (bytes.Length >= sizeof(int))
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.Span);
            if (length < 0 || length > bytes.Length - sizeof(int))
            {
                throw new InvalidDataException("a level is cut");
            }
            var level = new RelayMessage(bytes.Slice(sizeof(int), length));
            var head = level.ReadHead();
            if (head.Level != levels.Count || head.LevelCount != Relay.Pyramid.Levels)
            {
                throw new InvalidDataException($"level {head.Level} of {head.LevelCount} stands where level {levels.Count} should");
            }
            levels.Add(level);
            bytes = bytes[(sizeof(int) + length)..];
        }
        return levels.Count == Relay.Pyramid.Levels ? [.. levels] : throw new InvalidDataException($"{levels.Count} levels");
    }

    private static EntryKind<T> Message<T>(string name, MessageParser<T> parser, Func<T, bool> isWhole, Func<T, WireTensor?[]> tensors)
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
