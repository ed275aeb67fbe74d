using System.Text.Json;

namespace MedMoE.Mesh.Reference;

/// <summary>JSON with one value at a time replaced.</summary>
public static class JsonValues
{
    private static readonly string[] _values =
    [
        "1e400", "-1e400", "1e39", "1e9", "1000000000", "1e-40", "-1", "0", "0.5", "3", "9223372036854775808", "\"x\"", "\"\"",
        "\"\\ud800\"", "\"a\\nb\"", "null", "true", "[]",
        "{}", "[null]", "[[]]", "[{}]", "[1, 2, 3, 4]", "NaN", "-Infinity", "tru", "\"", new string('[', 100) + new string(']', 100),
        "[" + string.Join(",", Enumerable.Repeat("1", 100_000)) + "]", "{\"a\": 1, \"a\": 1}",
    ];

    /// <summary>
    /// Replaces each value, object and list, including the items of lists, by each bad value, and duplicates each name of an object.
    /// </summary>
    public static IEnumerable<string> Replaced(string json)
    {
        var data = System.Text.Encoding.UTF8.GetBytes(json);
        foreach (var (start, end) in Places(data))
        {
            foreach (var value in _values)
            {
                yield return json[..start] + value + json[end..];
            }
        }
        var first = json.IndexOf('"', StringComparison.Ordinal);
        yield return string.Concat("{ ", json.AsSpan(first, json.IndexOf(',', StringComparison.Ordinal) - first), ", ", json.AsSpan(first));
    }

    /// <summary>Start and end of the values; for ASCII only.</summary>
    private static List<(int Start, int End)> Places(byte[] data)
    {
        var reader = new Utf8JsonReader(data);
        var (places, open) = (new List<(int, int)>(), new Stack<int>());
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    open.Push((int)reader.TokenStartIndex);
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    places.Add((open.Pop(), (int)reader.BytesConsumed));
                    break;
                case not JsonTokenType.PropertyName:
                    places.Add(((int)reader.TokenStartIndex, (int)reader.BytesConsumed));
                    break;
            }
        }
        return places;
    }
}
