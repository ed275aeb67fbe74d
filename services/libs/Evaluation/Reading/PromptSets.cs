using System.Text.Json;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Studies;

namespace MedMoE.Mesh.Evaluation.Reading;

/// <summary>A class of a zero-shot classification and its prompts: the name of a finding, or "normal" for none.</summary>
public sealed record PromptedClass(string Name, IReadOnlyList<string> Prompts);

/// <summary>
/// Zero-shot classes of each report type: <c>{"xray": {"nodule": ["…", …], "normal": […]}, …}</c>, or CSV with the columns type, class and prompt.
/// </summary>
public sealed class PromptSets
{
    /// <summary>The class of studies without findings.</summary>
    public const string Normal = "normal";

    /// <summary>Default names in a data folder, the first that exists.</summary>
    public static IReadOnlyList<string> FileNames { get; } = ["prompts.json", "prompts.csv"];

    private static readonly JsonSerializerOptions _json = new() { AllowDuplicateProperties = false };

    private readonly Dictionary<int, PromptedClass[]> _classes = [];

    /// <summary>By the report type's index in the bundle.</summary>
    public IReadOnlyDictionary<int, PromptedClass[]> Classes => _classes;

    /// <exception cref="InvalidEvaluationException">Not such a file, or with a type that the bundle does not have.</exception>
    public static PromptSets Read(string path, BundleManifest manifest)
    {
        var sets = new PromptSets();
        foreach (var (type, classes) in Path.GetExtension(path).Equals(".csv", StringComparison.OrdinalIgnoreCase) ? Csv(path, manifest) : Json(path))
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

    /// <summary>The file of a data set: beside a manifest or in its folder; null if there is none.</summary>
    public static string? BesideData(string data)
    {
        var folder = Directory.Exists(data) ? data : Path.GetDirectoryName(data) ?? "";
        return FileNames.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }

    private static Dictionary<string, Dictionary<string, string[]>> Json(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, string[]>>>(CommandHost.ReadFile(path), _json)
                ?? throw new InvalidEvaluationException($"{path}: not prompt sets: null");
        }
        catch (JsonException e)
        {
            throw new InvalidEvaluationException($"{path}: not prompt sets: {JsonFault.Of(e)}");
        }
    }

    /// <summary>Rows of a type by any of its names belong together.</summary>
    private static Dictionary<string, Dictionary<string, string[]>> Csv(string path, BundleManifest manifest)
    {
        var rows = CsvTable.Read(path, CommandHost.ReadFile(path), ["type", "class", "prompt"])
            .Select(row => row.Fields ?? throw new InvalidEvaluationException($"{path}:{row.Line}: {row.Fault}")).ToArray();
        return rows.GroupBy(row => row["type"].Trim() is var type && manifest.Experts.IndexOfNamed(type) is >= 0 and var at
            ? manifest.Experts[at].Name : type).ToDictionary(
            type => type.Key,
            type => type.GroupBy(row => row["class"].Trim()).ToDictionary(c => c.Key, c => c.Select(row => row["prompt"]).ToArray()));
    }
}
