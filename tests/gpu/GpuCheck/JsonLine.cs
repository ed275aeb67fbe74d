using System.Text.Json;
using System.Text.Json.Serialization;

namespace MedMoE.Mesh.GpuCheck;

/// <summary>JSON exchanged with the script, one value per line.</summary>
internal static class JsonLine
{
    private static readonly JsonSerializerOptions _options = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
    };

    public static T Read<T>(string line) => JsonSerializer.Deserialize<T>(line, _options)!;

    public static void Write<T>(T value)
    {
        Console.Out.WriteLine(JsonSerializer.Serialize(value, _options));
        Console.Out.Flush();
    }
}
