using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MedMoE.Mesh.Evaluation.Output;

/// <summary>An evaluation as JSON, with names in snake_case. The result of a skipped task is null; the notes say why.</summary>
internal static partial class EvaluationJson
{
    private static readonly JsonSerializerOptions _options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Format(IReadOnlyDictionary<string, object?> result) => NumberList().Replace(
        JsonSerializer.Serialize(result, _options),
        list => Break().Replace(list.Value, "").Replace(",", ", ", StringComparison.Ordinal)) + "\n";

    // A row of a confusion matrix is one line. Strings never have line breaks.
    [GeneratedRegex(@"\[\n\s*[-\d][^\[\]{}""]*\]")]
    private static partial Regex NumberList();

    [GeneratedRegex(@"\n\s*")]
    private static partial Regex Break();
}
