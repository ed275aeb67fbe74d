using System.Buffers;
using Google.Protobuf.Reflection;

namespace MedMoE.Mesh.Serving.Limits;

/// <summary>
/// Counts what a message holds before it is parsed. Two bytes make an object of a hundred, or of five hundred with all that hangs on it: a limit of
/// bytes alone would not limit memory.
/// </summary>
internal ref struct MessageElements
{
    // Those of Protocol Buffers' encoding (https://protobuf.dev/programming-guides/encoding).
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Delimited = 2;
    private const int StartGroup = 3;
    private const int EndGroup = 4;
    private const int Fixed32 = 5;

    // That of the parser, which throws then.
    private const int MaxDepth = 100;

    private readonly int _max;
    private SequenceReader<byte> _bytes;
    private int _count;

    private MessageElements(ReadOnlySequence<byte> message, int max)
    {
        _bytes = new SequenceReader<byte>(message);
        _max = max;
    }

    /// <summary>
    /// Whether a message has more fields and elements of lists than <paramref name="max"/>, those of the messages in it and unknown ones included.
    /// Floating-point numbers do not count: they take no more memory than in the message. The count ends where a message is invalid, as the parser
    /// does.
    /// </summary>
    public static bool Exceed(ReadOnlySequence<byte> message, MessageDescriptor type, int max) =>
        // Each has at least one byte.
        message.Length > max && !new MessageElements(message, max).TryCount(message.Length, type, 0);

    private readonly bool IsOver => _count > _max;

    /// <returns>False if there are too many.</returns>
    private bool TryCount(long end, MessageDescriptor type, int depth)
    {
        var groups = 0;
        while (_bytes.Consumed < end && TryReadVarint(out var value))
        {
            // Without the upper bits, as the parser reads it.
            var tag = (uint)value;
            // What is in a group has numbers of its own; all groups are unknown fields.
            var field = groups == 0 ? type.FindFieldByNumber((int)(tag >> 3)) : null;
            var isRead = (int)(tag & 7) switch
            {
                Varint => Add(1) && TryReadVarint(out _),
                Fixed64 => (IsFloating(field) || Add(1)) && TryAdvance(sizeof(ulong)),
                Fixed32 => (IsFloating(field) || Add(1)) && TryAdvance(sizeof(uint)),
                Delimited => TryReadVarint(out var length) && TryCountContent((int)length, field, depth),
                StartGroup => Add(1) && ++groups <= MaxDepth,
                EndGroup => --groups >= 0,
                _ => false,
            };
            if (!isRead)
            {
                break;
            }
        }
        return !IsOver;
    }

    private bool TryCountContent(int length, FieldDescriptor? field, int depth)
    {
        // Of a message that is cut off, the parser reads what there is.
        var end = _bytes.Consumed + Math.Min(length, _bytes.Remaining);
        switch (field?.FieldType)
        {
            case FieldType.Message:
                return Add(1) && depth < MaxDepth && TryCount(end, field.MessageType, depth + 1);
            case null or FieldType.String or FieldType.Bytes:
                return Add(1) && TryAdvance(length);
            case FieldType.Float or FieldType.Double:
                return TryAdvance(length);
            default:
                // A packed list of integers.
                while (_bytes.Consumed < end)
                {
                    if (!Add(1) || !TryReadVarint(out _))
                    {
                        return false;
                    }
                }
                return true;
        }
    }

    private static bool IsFloating(FieldDescriptor? field) => field?.FieldType is FieldType.Float or FieldType.Double;

    private bool Add(int count)
    {
        _count += count;
        return !IsOver;
    }

    private bool TryAdvance(int bytes)
    {
        if (bytes < 0 || _bytes.Remaining < bytes)
        {
            return false;
        }
        _bytes.Advance(bytes);
        return true;
    }

    private bool TryReadVarint(out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64 && _bytes.TryRead(out var part); shift += 7)
        {
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return true;
            }
        }
        return false;
    }
}
