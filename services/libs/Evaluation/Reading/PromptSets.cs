using System.Text.Json;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Commands;

namespace MedMoE.Mesh.Evaluation.Reading;

/// <summary>A class of a zero-shot classification and its prompts: the name of a finding, or "normal" for none.</summary>
public sealed record PromptedClass(string Name, IReadOnlyList<string> Prompts);

/// <summary>Zero-shot classes of each report type: <c>{"xray": {"nodule": ["…", …], "normal": […]}, …}</c>.</summary>
public sealed class PromptSets
{
    /// <summary>The class of studies without findings.</summary>
    public const string Normal = "normal";

    /// <summary>Default name in a data folder.</summary>
    public const string FileName = "prompts.json";

    private static readonly JsonSerializerOptions _json = new() { AllowDuplicateProperties = false };

    private readonly Dictionary<int, PromptedClass[]> _classes = [];

    /// <summary>By the report type's index in the bundle.</summary>
    public IReadOnlyDictionary<int, PromptedClass[]> Classes => _classes;

    /// <exception cref="InvalidEvaluationException">Not such a file, or with a type that the bundle does not have.</exception>
    public static PromptSets Read(string path, BundleManifest manifest)
    {
        Dictionary<string, Dictionary<string, string[]>>? types;
        try
        {
            types = JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, string[]>>>(CommandHost.ReadFile(path), _json);
        }
        catch (JsonException e)
        {
            throw new InvalidEvaluationException($"{path}: not prompt sets: {e.Message}");
        }
        var sets = new PromptSets();
        foreach (var (type, classes) in types ?? throw new InvalidEvaluationException($"{path}: not prompt sets: null"))
        {
            var index = manifest.Experts.IndexOfNamed(type);
            if (index < 0)
            {
                throw new InvalidEvaluationException(
                    $"{path}: report type \"{type}\" is not one of the bundle's: {manifest.Experts.Listed()}");
            }
            if (classes is null || classes.Count < 2
                || classes.Values.Any(prompts => prompts is null or [] || prompts.Any(string.IsNullOrWhiteSpace)))
            {
                throw new InvalidEvaluationException($"{path}: report type \"{type}\" needs at least two classes with at least one prompt each");
            }
            if (!sets._classes.TryAdd(index, [.. classes.Select(c => new PromptedClass(c.Key, c.Value))]))
            {
                throw new InvalidEvaluationException($"{path}: report type \"{type}\" is there twice, by another of its names");
            }
        }
        return sets;
    }
}
