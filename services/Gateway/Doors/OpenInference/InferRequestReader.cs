using System.Text.Json;
using Google.Protobuf;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Wire;
using MedMoE.Mesh.Wire.Json;

namespace MedMoE.Mesh.Gateway.Doors.OpenInference;

/// <summary>Reads the request of an inference into the message of gRPC, all inputs raw. What tensors must be like is left to the model.</summary>
internal ref struct InferRequestReader
{
    public const string BinarySize = "binary_data_size";
    public const string BinaryOutput = "binary_data";
    public const string BinaryOutputs = "binary_data_output";

    // Of tensors, of a tensor's dimensions, and of parameters. No model has nearly as many, and each takes more memory than text.
    private const int Most = 64;

    private readonly ReadOnlySpan<byte> _text;
    private readonly ModelInferRequest _request = new();
    private readonly Dictionary<string, bool> _forms = [];
    private readonly List<Input> _inputs = [];
    private Utf8JsonReader _json;
    private bool _isBinary;

    private InferRequestReader(ReadOnlySpan<byte> json)
    {
        _text = json;
        _json = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ProtoJson.MaxDepth });
    }

    /// <param name="json">The request.</param>
    /// <param name="binary">The binary data after it.</param>
    /// <param name="forms">How the outputs are to be written.</param>
    /// <exception cref="InvalidFieldException">It is not of the protocol's form.</exception>
    public static ModelInferRequest Read(ReadOnlySpan<byte> json, ReadOnlySpan<byte> binary, out RequestedForms forms)
    {
        var reader = new InferRequestReader(json);
        try
        {
            reader.ReadRequest();
            reader.AddContents(binary);
        }
        catch (JsonException e)
        {
            // Its own message quotes the text.
            throw new InvalidFieldException(ProtoJson.Body, $"is not JSON, or deeper than {ProtoJson.MaxDepth} levels: {JsonFault.Place(e)}");
        }
        catch (InvalidOperationException)
        {
            // A text of JSON that is no Unicode.
            throw new InvalidFieldException(ProtoJson.Body, "has a text that is not Unicode");
        }
        forms = new RequestedForms(reader._isBinary, reader._forms);
        return reader._request;
    }

    private void ReadRequest()
    {
        _json.Read();
        Require(JsonTokenType.StartObject, ProtoJson.Body, "an object");
        while (NextField() is { } name)
        {
            switch (name)
            {
                case "id": _request.Id = Text(name); break;
                case "parameters": ReadParameters(name); break;
                case "inputs": ReadList(name, ReadInput); break;
                case "outputs": ReadList(name, ReadOutput); break;
                default: throw Unknown(ProtoJson.Body, "id, parameters, inputs, outputs");
            }
        }
        if (_json.Read())
        {
            throw new InvalidFieldException(ProtoJson.Body, "has more after its object");
        }
    }

    private delegate void ReadElement(ref InferRequestReader reader, string path);

    private void ReadList(string name, ReadElement read)
    {
        Require(JsonTokenType.StartArray, name, "a list");
        for (var i = 0; _json.Read() && _json.TokenType != JsonTokenType.EndArray; i++)
        {
            var path = $"{name}[{i}]";
            // Of all lists: a name may be there again.
            if (_request.Inputs.Count + _request.Outputs.Count == Most)
            {
                throw new InvalidFieldException(name, $"the request has more than {Most} tensors");
            }
            Require(JsonTokenType.StartObject, path, "an object");
            read(ref this, path);
        }
    }

    private static void ReadInput(ref InferRequestReader reader, string path)
    {
        var tensor = new ModelInferRequest.Types.InferInputTensor();
        var (data, size) = (default(Range?), default(long?));
        while (reader.NextField() is { } name)
        {
            switch (name)
            {
                case "name": tensor.Name = reader.Text($"{path}.{name}"); break;
                case "datatype": tensor.Datatype = reader.Text($"{path}.{name}"); break;
                case "shape": reader.ReadShape($"{path}.{name}", tensor); break;
                case "data": data = reader.Skip(); break;
                case "parameters":
                    reader.Require(JsonTokenType.StartObject, $"{path}.parameters", "an object");
                    while (reader.NextField() is { } parameter)
                    {
                        size = parameter == BinarySize ? reader.Number($"{path}.parameters.{BinarySize}")
                            : throw Unknown($"{path}.parameters", BinarySize);
                    }
                    break;
                default: throw Unknown(path, "name, datatype, shape, data, parameters");
            }
        }
        reader._request.Inputs.Add(tensor);
        reader._inputs.Add(new Input(path, tensor.Datatype, data, size));
    }

    private static void ReadOutput(ref InferRequestReader reader, string path)
    {
        var (name, isBinary) = ("", default(bool?));
        while (reader.NextField() is { } field)
        {
            switch (field)
            {
                case "name": name = reader.Text($"{path}.{field}"); break;
                case "parameters":
                    reader.Require(JsonTokenType.StartObject, $"{path}.parameters", "an object");
                    while (reader.NextField() is { } parameter)
                    {
                        isBinary = parameter == BinaryOutput ? reader.Flag($"{path}.parameters.{BinaryOutput}")
                            : throw Unknown($"{path}.parameters", BinaryOutput);
                    }
                    break;
                default: throw Unknown(path, "name, parameters");
            }
        }
        reader._request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = name });
        if (isBinary is { } form)
        {
            reader._forms[name] = form;
        }
    }

    private void ReadShape(string path, ModelInferRequest.Types.InferInputTensor tensor)
    {
        if (_json.TokenType != JsonTokenType.StartArray)
        {
            throw new InvalidFieldException(path, "expected a list of numbers");
        }
        while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            if (tensor.Shape.Count == Most)
            {
                throw new InvalidFieldException(path, $"has more than {Most} dimensions");
            }
            tensor.Shape.Add(Number(path));
        }
    }

    private void ReadParameters(string path)
    {
        Require(JsonTokenType.StartObject, path, "an object");
        while (NextField() is { } name)
        {
            if (name == BinaryOutputs)
            {
                _isBinary = Flag($"{path}.{name}");
                continue;
            }
            if (_request.Parameters.Count == Most)
            {
                throw new InvalidFieldException(path, $"has more than {Most} parameters");
            }
            _request.Parameters[name] = _json.TokenType switch
            {
                JsonTokenType.True or JsonTokenType.False => new InferParameter { BoolParam = _json.GetBoolean() },
                JsonTokenType.String => new InferParameter { StringParam = _json.GetString() },
                JsonTokenType.Number when _json.TryGetInt64(out var number) => new InferParameter { Int64Param = number },
                JsonTokenType.Number when _json.TryGetUInt64(out var number) => new InferParameter { Uint64Param = number },
                JsonTokenType.Number when _json.TryGetDouble(out var number) => new InferParameter { DoubleParam = number },
                _ => throw new InvalidFieldException(path, "has a value that is neither a number, a text, true nor false"),
            };
        }
    }

    /// <summary>Adds the inputs' contents, in the order of the inputs, as that of the binary data is.</summary>
    private readonly void AddContents(ReadOnlySpan<byte> binary)
    {
        foreach (var input in _inputs)
        {
            if (input.Data is null == input.BinarySize is null)
            {
                throw new InvalidFieldException($"{input.Path}.data", $"expected either data or parameters.{BinarySize}");
            }
            if (input.Data is { } range)
            {
                _request.RawInputContents.Add(JsonData.Read(_text[range], input.Datatype, $"{input.Path}.data"));
                continue;
            }
            if (input.BinarySize < 0 || input.BinarySize > binary.Length)
            {
                throw new InvalidFieldException(
                    $"{input.Path}.parameters.{BinarySize}", $"is {input.BinarySize}, and {binary.Length} bytes of binary data are left");
            }
            _request.RawInputContents.Add(ByteString.CopyFrom(binary[..(int)input.BinarySize!.Value]));
            binary = binary[(int)input.BinarySize.Value..];
        }
        if (!binary.IsEmpty)
        {
            throw new InvalidFieldException(ProtoJson.Body, $"has {binary.Length} bytes after the binary data of its inputs");
        }
    }

    /// <summary>Goes to the next field's value; returns the field's name, null at the object's end.</summary>
    private string? NextField()
    {
        _json.Read();
        if (_json.TokenType == JsonTokenType.EndObject)
        {
            return null;
        }
        var name = _json.GetString()!;
        _json.Read();
        return name;
    }

    private Range Skip()
    {
        var start = (int)_json.TokenStartIndex;
        _json.Skip();
        return start..(int)_json.BytesConsumed;
    }

    private readonly string Text(string path) =>
        _json.TokenType == JsonTokenType.String ? _json.GetString()! : throw new InvalidFieldException(path, "expected a text");

    private readonly bool Flag(string path) => _json.TokenType is JsonTokenType.True or JsonTokenType.False ? _json.GetBoolean()
        : throw new InvalidFieldException(path, "expected true or false");

    private readonly long Number(string path) => _json.TokenType == JsonTokenType.Number && _json.TryGetInt64(out var number) ? number
        : throw new InvalidFieldException(path, "expected a whole number");

    private readonly void Require(JsonTokenType type, string path, string what)
    {
        if (_json.TokenType != type)
        {
            throw new InvalidFieldException(path, $"expected {what}");
        }
    }

    // Without the name: it may be anything.
    private static InvalidFieldException Unknown(string path, string known) => new(path, $"has a field that is none of {known}");

    private sealed record Input(string Path, string Datatype, Range? Data, long? BinarySize);
}
