using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace MedMoE.Mesh.LoadTester.Calls;

/// <summary>
/// Expected answers: for every call, or for each message of its fixture, a part of the answer as protobuf JSON. Each given field must exist and be
/// equal: numbers to one per cent, arrays also in length. A method that streams answers has an array of them for each call, in any order.
/// </summary>
internal sealed class ExpectedAnswers
{
    private const double Tolerance = 0.01;

    private static readonly JsonFormatter _formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    private static readonly HashSet<string> _stable =
    [
        "expert", "experts", "name", "available", "gridSide", "shape", "level", "levelCount", "modelVersion", "requestId", "status", "truncated",
    ];

    private readonly MethodDescriptor _method;
    private readonly JsonElement[] _byCall;

    /// <summary><paramref name="byCall"/> is one for all calls, or one for each message of the fixture.</summary>
    public ExpectedAnswers(MethodDescriptor method, IEnumerable<JsonElement> byCall) => (_method, _byCall) = (method, [.. byCall]);

    /// <summary>
    /// What to expect of a call that got these answers: fields that depend on the model and the message alone, and have nothing of a report.
    /// </summary>
    public static JsonNode Of(MethodDescriptor method, IReadOnlyList<byte[]> answers)
    {
        JsonNode[] kept =
        [
            .. answers.Select(answer => Kept(JsonNode.Parse(_formatter.Format(method.OutputType.Parser.ParseFrom(answer)))!) ?? new JsonObject()),
        ];
        return method.IsServerStreaming ? new JsonArray(kept) : kept[0];
    }

    private static JsonNode? Kept(JsonNode node) => node switch
    {
        JsonObject message => new JsonObject(message.Where(field => field.Value is not null).Select(field => KeyValuePair.Create(
            field.Key, _stable.Contains(field.Key) ? field.Value!.DeepClone() : field.Value is JsonObject or JsonArray ? Kept(field.Value) : null))
            .Where(field => field.Value is not null)) is { Count: > 0 } kept ? kept : null,
        // A list of messages is compared by length, so it is kept whole or not at all.
        JsonArray list when list.Count > 0 && list.All(item => item is JsonObject) =>
            list.Select(item => Kept(item!)).ToArray() is var items && items.All(item => item is not null) ? new JsonArray(items) : null,
        _ => null,
    };

    /// <summary>The first difference in the answers of a call, or null.</summary>
    public string? Fault(int number, IReadOnlyList<byte[]> answers)
    {
        var expected = _byCall[number % _byCall.Length];
        JsonElement[] actual;
        try
        {
            actual = [.. answers.Select(answer => JsonDocument.Parse(_formatter.Format(_method.OutputType.Parser.ParseFrom(answer))).RootElement)];
        }
        catch (InvalidProtocolBufferException)
        {
            return $"wrong answer: not a {_method.OutputType.FullName}";
        }
        var fault = _method.IsServerStreaming ? FaultOfStream([.. expected.EnumerateArray()], actual) : FaultOf(expected, actual[0], "answer");
        return fault is null ? null : $"wrong answer: {fault}";
    }

    private static string? FaultOfStream(JsonElement[] expected, JsonElement[] actual)
    {
        if (expected.Length != actual.Length)
        {
            return $"{actual.Length} answers, expected {expected.Length}";
        }
        var left = actual.ToList();
        foreach (var one in expected)
        {
            var found = left.FindIndex(answer => FaultOf(one, answer, "") is null);
            if (found < 0)
            {
                return $"no answer equals {one.GetRawText()}";
            }
            left.RemoveAt(found);
        }
        return null;
    }

    private static string? FaultOf(JsonElement expected, JsonElement actual, string path)
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object when actual.ValueKind == JsonValueKind.Object:
                return expected.EnumerateObject()
                    .Select(field => actual.TryGetProperty(field.Name, out var value)
                        ? FaultOf(field.Value, value, $"{path}.{field.Name}")
                        : $"{path}.{field.Name} is missing")
                    .FirstOrDefault(fault => fault is not null);
            case JsonValueKind.Array when actual.ValueKind == JsonValueKind.Array:
                return expected.GetArrayLength() != actual.GetArrayLength()
                    ? $"{path} has {actual.GetArrayLength()} entries, expected {expected.GetArrayLength()}"
                    : expected.EnumerateArray().Zip(actual.EnumerateArray())
                        .Select((pair, i) => FaultOf(pair.First, pair.Second, $"{path}[{i}]")).FirstOrDefault(fault => fault is not null);
            case JsonValueKind.Number when actual.ValueKind == JsonValueKind.Number:
                var (wanted, got) = (expected.GetDouble(), actual.GetDouble());
                return Math.Abs(wanted - got) <= Tolerance * Math.Max(Math.Abs(wanted), Tolerance) ? null : Different();
            default:
                return JsonElement.DeepEquals(expected, actual) ? null : Different();
        }

        // Safe to print: answers contain words only of the fixtures' reports, which are synthetic.
        string Different() => $"{path} is {actual.GetRawText()}, expected {expected.GetRawText()}";
    }
}
