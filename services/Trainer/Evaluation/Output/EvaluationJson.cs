using System.Text.Encodings.Web;
using System.Text.Json;

namespace MedMoE.Mesh.Trainer.Evaluation.Output;

/// <summary>An evaluation as JSON, names in snake_case. A task that was not done is null; the notes say why.</summary>
internal static class EvaluationJson
{
    private static readonly JsonSerializerOptions _options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Format(EvaluationResult result) => JsonSerializer.Serialize(result, _options) + "\n";
}
