using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Wire.Tests.Json;

/// <summary>Messages of any type with random fields, ends of ranges among them; the same for the same seed.</summary>
internal sealed class RandomMessages(int seed)
{
    private static readonly string[] _texts = ["", "a", "Grüße, \"quoted\" \\ and\n\tmore \u2028 <b>&amp;</b>", "肺 🫁", new('x', 99), "\0\u007f"];
    private static readonly double[] _numbers =
        [0, -0.0, 1, 0.1, -1e-40, float.MaxValue, float.Epsilon, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1e17, 123456789];

    private readonly Random _random = new(seed);

    /// <summary>The types of every message of the contracts, and one with the kinds of fields that they do not use.</summary>
    public static IEnumerable<MessageDescriptor> Types { get; } =
    [
        EveryKind.Descriptor,
        .. new[] { RouterReflection.Descriptor, BackboneReflection.Descriptor }
            .SelectMany(file => file.Dependencies.Append(file)).Distinct().SelectMany(file => file.MessageTypes),
    ];

    public IMessage Next(MessageDescriptor type, int depth = 0)
    {
        var message = type.Parser.ParseFrom(ByteString.Empty);
        foreach (var field in type.Fields.InDeclarationOrder())
        {
            if (_random.Next(3) == 0 || (depth > 2 && field.FieldType == FieldType.Message))
            {
                continue;
            }
            if (field.IsMap)
            {
                var map = (IDictionary)field.Accessor.GetValue(message);
                for (var i = _random.Next(3); i > 0; i--)
                {
                    map[Value(field.MessageType.Fields[1], depth)] = Value(field.MessageType.Fields[2], depth);
                }
            }
            else if (field.IsRepeated)
            {
                var list = (IList)field.Accessor.GetValue(message);
                for (var i = _random.Next(3); i > 0; i--)
                {
                    list.Add(Value(field, depth));
                }
            }
            else
            {
                field.Accessor.SetValue(message, Value(field, depth));
            }
        }
        return message;
    }

    private object Value(FieldDescriptor field, int depth) => field.FieldType switch
    {
        FieldType.Message => Next(field.MessageType, depth + 1),
        FieldType.Enum => _random.Next(4) == 0 ? 77 : OneOf([.. field.EnumType.Values]).Number,
        FieldType.String => OneOf(_texts),
        FieldType.Bytes => ByteString.CopyFrom(Bytes()),
        FieldType.Bool => _random.Next(2) == 0,
        FieldType.Double => OneOf(_numbers),
        FieldType.Float => (float)OneOf(_numbers),
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => OneOf(0, -1, 42, int.MinValue, int.MaxValue),
        FieldType.UInt32 or FieldType.Fixed32 => OneOf(0u, 42u, uint.MaxValue),
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => OneOf(0, -1, (1L << 53) + 1, long.MinValue, long.MaxValue),
        _ => (object)OneOf(0UL, 42UL, ulong.MaxValue),
    };

    private byte[] Bytes()
    {
        var bytes = new byte[_random.Next(40) == 0 ? 150_000 + _random.Next(3) : _random.Next(5)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private T OneOf<T>(params T[] values) => values[_random.Next(values.Length)];
}
