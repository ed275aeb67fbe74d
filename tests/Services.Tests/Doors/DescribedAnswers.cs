using System.Text.Json;

namespace MedMoE.Mesh.Services.Tests.Doors;

/// <summary>The gateway's OpenAPI document, and what of an answer is not as it says. Knows the keywords that answers are described with.</summary>
internal sealed class DescribedAnswers(JsonElement document)
{
    /// <summary>Follows a reference within the document.</summary>
    public JsonElement Resolve(JsonElement element) => element.TryGetProperty("$ref", out var reference)
        ? reference.GetString()!.Split('/')[1..].Aggregate(document, (part, name) => part.GetProperty(name))
        : element;

    /// <summary>Each with the place in the answer.</summary>
    public IEnumerable<string> Faults(JsonElement schema, JsonElement value, string place = "")
    {
        schema = Resolve(schema);
        if (schema.TryGetProperty("anyOf", out var choices))
        {
            return choices.EnumerateArray().Any(choice => !Faults(choice, value, place).Any()) ? [] : [$"{place} fits none of its schemas"];
        }
        string[] types = schema.TryGetProperty("type", out var type)
            ? type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(one => one.GetString()!)] : [type.GetString()!]
            : [];
        if (!types.Any(name => IsOf(name, value)))
        {
            return [$"{place} is {value.ValueKind}, described as {string.Join(" or ", types)}"];
        }
        if (schema.TryGetProperty("enum", out var known) && !known.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)))
        {
            return [$"{place} is {value}, which is not described"];
        }
        return value.ValueKind switch
        {
            JsonValueKind.Object => OfObject(schema, value, place),
            JsonValueKind.Array => value.EnumerateArray().SelectMany((item, i) => Faults(schema.GetProperty("items"), item, $"{place}[{i}]")),
            _ => [],
        };
    }

    private IEnumerable<string> OfObject(JsonElement schema, JsonElement value, string place)
    {
        if (schema.TryGetProperty("required", out var required))
        {
            foreach (var name in required.EnumerateArray().Select(name => name.GetString()!).Where(name => !value.TryGetProperty(name, out _)))
            {
                yield return $"{place}.{name} is missing";
            }
        }
        foreach (var property in value.EnumerateObject())
        {
            var at = $"{place}.{property.Name}";
            var isDescribed = (schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(property.Name, out var described))
                || schema.TryGetProperty("additionalProperties", out described);
            foreach (var fault in isDescribed ? Faults(described, property.Value, at) : [$"{at} is not described"])
            {
                yield return fault;
            }
        }
    }

    private static bool IsOf(string type, JsonElement value) => (type, value.ValueKind) switch
    {
        ("integer", JsonValueKind.Number) => value.TryGetInt64(out _) || value.TryGetUInt64(out _),
        ("boolean", JsonValueKind.True or JsonValueKind.False) => true,
        _ => type.Equals(value.ValueKind.ToString(), StringComparison.OrdinalIgnoreCase),
    };
}
