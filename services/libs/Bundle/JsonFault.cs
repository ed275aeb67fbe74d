using System.Text.Json;
using System.Text.RegularExpressions;

namespace MedMoE.Mesh.Bundle;

/// <summary>Why a text is not the JSON that was expected, in words for people: .NET's messages name its types, and count from 0.</summary>
public static partial class JsonFault
{
    private const string OtherKind = "is of another kind, or out of range";

    /// <summary>
    /// What is wrong and where: <c>embedding_dim is of another kind, or out of range (line 3, column 22)</c>. It may quote the text.
    /// </summary>
    public static string Of(JsonException e) => e.LineNumber is null ? Reason(e) : $"{Reason(e)} ({Place(e)})";

    /// <summary>What is wrong. It may quote the text.</summary>
    public static string Reason(JsonException e)
    {
        var field = FieldOf(e);
        return Known(e, field)
            ?? (Unmapped().Match(e.Message) is { Success: true } unmapped ? $"there is no field \"{unmapped.Groups[1].Value}\""
            : Duplicate().Match(e.Message) is { Success: true } twice ? $"\"{twice.Groups[1].Value}\" is there twice"
            : Tail().Replace(e.Message, ""));
    }

    /// <summary>The same for a text that must not be repeated: only names of fields that are expected are in it.</summary>
    public static string WithoutText(JsonException e) => $"{Known(e, FieldOf(e)) ?? "not JSON, or with other fields"} ({Place(e)})";

    /// <summary>Line and column. The column counts bytes, which differ from characters beyond ASCII.</summary>
    public static string Place(JsonException e) => $"line {e.LineNumber + 1}, column {e.BytePositionInLine + 1}";

    /// <summary>The field that was read, as <c>experts[0].name</c>; null for the whole.</summary>
    public static string? FieldOf(JsonException e) => e.Path?.TrimStart('$').TrimStart('.') is { Length: > 0 } field ? field : null;

    private static string? Known(JsonException e, string? field) =>
        e.Message.Contains("could not be converted", StringComparison.Ordinal) ? $"{field ?? "the whole"} {OtherKind}"
        : e.Message.Contains("doesn't allow", StringComparison.Ordinal) ? $"{field} may not be null"
        : Missing().Match(e.Message) is { Success: true } missing
            ? $"{missing.Groups[1].Value.Replace("'", "", StringComparison.Ordinal)} missing{(field is null ? "" : $" in {field}")}"
        // Of names that are data, and not fields.
        : e.Message.StartsWith("Duplicate properties", StringComparison.Ordinal) ? "a name is there twice"
        : e.Message.StartsWith("Expected depth to be zero", StringComparison.Ordinal) ? "it ends within an object or a list"
        : e.Message.StartsWith("The input does not contain any", StringComparison.Ordinal) ? "it is empty"
        : null;

    [GeneratedRegex("^The JSON property '(.*)' could not be mapped", RegexOptions.Singleline)]
    private static partial Regex Unmapped();

    [GeneratedRegex("^Duplicate property '(.*)' encountered", RegexOptions.Singleline)]
    private static partial Regex Duplicate();

    [GeneratedRegex(@"was missing required properties including: (.*?)\.?$")]
    private static partial Regex Missing();

    [GeneratedRegex(@"\.?( Change the reader options\.)?( Path: \$.*?)?( \|)?( LineNumber: .*)?$", RegexOptions.Singleline)]
    private static partial Regex Tail();
}
