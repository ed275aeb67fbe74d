using System.Text.Json;
using System.Text.Json.Serialization;

namespace MedMoE.Mesh.Bundle.Tests;

public sealed class JsonFaultTests
{
    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
    };

    [Theory]
    [InlineData("", "it is empty (line 1, column 1)")]
    [InlineData("{", "it ends within an object or a list (line 1, column 2)")]
    [InlineData("abc", "'a' is an invalid start of a value (line 1, column 1)")]
    [InlineData("{\n \"full_name\": 'a'}", "''' is an invalid start of a value (line 2, column 15)")]
    [InlineData(
        "{\"full_name\": \"a\",}", "The JSON object contains a trailing comma at the end which is not supported in this mode (line 1, column 19)")]
    [InlineData("[]", "the whole is of another kind, or out of range (line 1, column 2)")]
    [InlineData("{}", "full_name, ages missing (line 1, column 3)")]
    [InlineData("{\"ages\": [1, \"x\"]}", "ages[1] is of another kind, or out of range (line 1, column 17)")]
    [InlineData("{\"full_name\": \"a\", \"ages\": [], \"colour\": 1}", "there is no field \"colour\" (line 1, column 41)")]
    [InlineData("{\"full_name\": \"a\", \"full_name\": \"b\"}", "\"full_name\" is there twice (line 1, column 32)")]
    [InlineData("{\"full_name\": null, \"ages\": []}", "full_name may not be null (line 1, column 19)")]
    [InlineData("{\"full_name\": \"a\", \"ages\": [], \"parent\": {\"ages\": []}}", "full_name missing in parent (line 1, column 54)")]
    public void Of_SaysWhatIsWrongAndWhere(string json, string fault) => Assert.Equal(fault, JsonFault.Of(Fault(json)));

    [Theory]
    [InlineData("{\"full_name\": \"a\", \"ages\": [], \"Miller\": 1}", "not JSON, or with other fields (line 1, column 41)")]
    [InlineData("Miller", "not JSON, or with other fields (line 1, column 1)")]
    [InlineData("{\"full_name\": 17}", "full_name is of another kind, or out of range (line 1, column 17)")]
    public void WithoutText_RepeatsNothing(string json, string fault) => Assert.Equal(fault, JsonFault.WithoutText(Fault(json)));

    private static JsonException Fault(string json) => Assert.ThrowsAny<JsonException>(() => JsonSerializer.Deserialize<Person>(json, _json));

    private sealed record Person(string FullName, IReadOnlyList<int> Ages, Person? Parent = null);
}
