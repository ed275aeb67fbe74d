using System.Collections;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Wire.Json;

/// <summary>Reads one message, and knows the path of the field that it is at.</summary>
internal ref struct MessageReader(Utf8JsonReader json)
{
    private const int MaxNameLength = 64;

    private readonly List<string> _path = [];
    private Utf8JsonReader _json = json;
    private int _elements;

    public IMessage Read(MessageDescriptor type)
    {
        _json.Read();
        var message = ReadMessage(type);
        // Throws if anything but space follows.
        _json.Read();
        return message;
    }

    private IMessage ReadMessage(MessageDescriptor type)
    {
        Require(JsonTokenType.StartObject, "an object");
        Count();
        var message = type.Parser.ParseFrom(ByteString.Empty);
        float[]? values = null;
        Span<bool> given = stackalloc bool[type.Fields.InDeclarationOrder().Count];
        while (_json.Read() && _json.TokenType != JsonTokenType.EndObject)
        {
            if (message is WireTensor && _json.ValueTextEquals("values"u8))
            {
                _path.Add(".values");
                values = values is null ? ReadValues() : throw Fault("is given twice");
            }
            else
            {
                var field = ReadName(type);
                _path.Add($".{field.Name}");
                if (given[field.Index])
                {
                    throw Fault("is given twice");
                }
                given[field.Index] = true;
                _json.Read();
                if (_json.TokenType != JsonTokenType.Null)
                {
                    ReadField(message, field);
                }
            }
            Leave();
        }
        if (values is not null)
        {
            SetValues((WireTensor)message, values);
        }
        return message;
    }

    private readonly FieldDescriptor ReadName(MessageDescriptor type)
    {
        foreach (var field in type.Fields.InDeclarationOrder())
        {
            if (_json.ValueTextEquals(field.JsonName) || _json.ValueTextEquals(field.Name))
            {
                return field;
            }
        }
        // A longer name is not decoded.
        var name = _json.ValueSpan.Length <= MaxNameLength ? ReadText() : "";
        var known = type.Fields.InDeclarationOrder().Select(f => f.JsonName).ToArray();
        // What does not look like a name may be a value that is in the wrong place, and is not repeated.
        if (!IsName(name))
        {
            throw Fault($"has an unknown field, not quoted here; known: {string.Join(", ", known)}");
        }
        var reason = known.Length == 0 ? $"{type.Name} has no fields" : $"no such field; {NearestName.Hint(name, known)}";
        throw new InvalidFieldException(Path($".{name}"), reason);
    }

    private void ReadField(IMessage message, FieldDescriptor field)
    {
        if (field.RealContainingOneof?.Accessor.GetCaseFieldDescriptor(message) is { } other)
        {
            throw Fault($"cannot be given together with {other.Name}");
        }
        if (field.IsMap)
        {
            ReadMap((IDictionary)field.Accessor.GetValue(message), field.MessageType);
        }
        else if (field.IsRepeated)
        {
            ReadList((IList)field.Accessor.GetValue(message), field);
        }
        else
        {
            field.Accessor.SetValue(message, ReadSingle(field));
        }
    }

    private void ReadList(IList list, FieldDescriptor field)
    {
        Require(JsonTokenType.StartArray, "a list");
        while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            _path.Add($"[{list.Count}]");
            Count();
            list.Add(ReadSingle(field));
            Leave();
        }
    }

    private void ReadMap(IDictionary map, MessageDescriptor entry)
    {
        Require(JsonTokenType.StartObject, "an object");
        var (keys, values) = (entry.Fields[1], entry.Fields[2]);
        while (_json.Read() && _json.TokenType != JsonTokenType.EndObject)
        {
            var text = ReadText();
            _path.Add(IsName(text) ? $"[\"{text}\"]" : $"[entry {map.Count}]");
            Count();
            var key = ReadKey(keys);
            if (map.Contains(key))
            {
                throw Fault("is given twice");
            }
            _json.Read();
            map.Add(key, ReadSingle(values));
            Leave();
        }
    }

    private readonly object ReadKey(FieldDescriptor key) => key.FieldType switch
    {
        FieldType.String => ReadText(),
        FieldType.Bool => ReadText() switch { "true" => true, "false" => false, _ => throw Fault("its key is not true or false") },
        _ => ReadNumber(key.FieldType),
    };

    private object ReadSingle(FieldDescriptor field)
    {
        switch (field.FieldType)
        {
            case FieldType.Message:
                return ReadMessage(field.MessageType);
            case FieldType.Enum:
                return ReadEnum(field.EnumType);
            case FieldType.String:
                Require(JsonTokenType.String, "text");
                return ReadText();
            case FieldType.Bytes:
                Require(JsonTokenType.String, "base64");
                return Base64Text.TryRead(ref _json, out var bytes) ? UnsafeByteOperations.UnsafeWrap(bytes) : throw Fault("is not base64");
            case FieldType.Bool:
                return _json.TokenType is JsonTokenType.True or JsonTokenType.False ? _json.GetBoolean() : throw Unexpected("true or false");
            default:
                return _json.TokenType is JsonTokenType.Number or JsonTokenType.String ? ReadNumber(field.FieldType) : throw Unexpected("a number");
        }
    }

    /// <summary>The number of an enum's value, which has a name or is a number: a number without a name is valid in proto3.</summary>
    private readonly object ReadEnum(EnumDescriptor type)
    {
        if (_json.TokenType == JsonTokenType.Number)
        {
            return ReadNumber(FieldType.Int32);
        }
        Require(JsonTokenType.String, $"a name of {type.Name}");
        return type.FindValueByName(_json.ValueSpan.Length <= MaxNameLength ? ReadText() : "")?.Number
            ?? throw Fault($"is none of {string.Join(", ", type.Values.Select(v => v.Name))}");
    }

    private readonly object ReadNumber(FieldType type)
    {
        // No number needs an escape, and none that is longer than this fits a type.
        if (_json.ValueIsEscaped || !JsonNumbers.TryRead(_json.ValueSpan, type, out var number))
        {
            throw Fault($"is not a number of type {type.ToString().ToLowerInvariant()}, or out of its range");
        }
        return number;
    }

    private readonly string ReadText()
    {
        try
        {
            return _json.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Fault("has half of a surrogate pair, \\uD800 to \\uDFFF");
        }
    }

    private float[] ReadValues()
    {
        _json.Read();
        Require(JsonTokenType.StartArray, "a list");
        // Counted first: the array is as large as needed, and the only one.
        var ahead = _json;
        var count = 0;
        while (ahead.Read() && ahead.TokenType is JsonTokenType.Number or JsonTokenType.String)
        {
            count++;
        }
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            _json.Read();
            if (_json.ValueIsEscaped || !JsonNumbers.TryReadSingle(_json.ValueSpan, out values[i]))
            {
                _path.Add($"[{i}]");
                throw Fault("is not a number, or out of the range of FP32");
            }
        }
        _json.Read();
        if (_json.TokenType != JsonTokenType.EndArray)
        {
            _path.Add($"[{count}]");
            throw Unexpected("a number");
        }
        return values;
    }

    private readonly void SetValues(WireTensor tensor, float[] values)
    {
        if (!tensor.Data.IsEmpty)
        {
            throw new InvalidFieldException(Path(".values"), "cannot be given together with data");
        }
        var type = WireTensors.Require(tensor.DataType, Path(".data_type"), DataType.Fp32);
        var elements = tensor.Shape.Aggregate((Int128)1, (product, side) => side < 0 || product > int.MaxValue ? -1 : product * side);
        if (elements != values.Length)
        {
            throw new InvalidFieldException(Path(".values"), $"has {values.Length} numbers, which is not the product of shape");
        }
        tensor.Data = WireTensors.FromSingles(values, type).Data;
        tensor.DataType = type;
    }

    private void Count()
    {
        if (++_elements > ProtoJson.MaxElements)
        {
            throw new InvalidFieldException(ProtoJson.Body, $"has more than {ProtoJson.MaxElements} objects and elements of lists");
        }
    }

    private readonly void Leave() => _path.RemoveAt(_path.Count - 1);

    private readonly void Require(JsonTokenType token, string expected)
    {
        if (_json.TokenType != token)
        {
            throw Unexpected(expected);
        }
    }

    private readonly InvalidFieldException Unexpected(string expected) => Fault($"is {Kind(_json.TokenType)}, expected {expected}");

    private readonly InvalidFieldException Fault(string reason) => new(_path.Count == 0 ? ProtoJson.Body : Path(""), reason);

    private readonly string Path(string last) => new StringBuilder().AppendJoin("", _path).Append(last).ToString().TrimStart('.');

    private static bool IsName(string text) =>
        text.Length is > 0 and <= MaxNameLength && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    private static string Kind(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "text",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        _ => "true or false",
    };
}
