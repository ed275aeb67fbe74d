using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace MedMoE.Mesh.Bundle;

/// <summary><c>medmoe.json</c>: what a bundle is and how its parts fit together.</summary>
public sealed partial record BundleManifest
{
    /// <summary>The first format; the second added <see cref="OptionalParts"/>. Both are read.</summary>
    public const int FirstFormat = 1;
    public const int FormatWithParts = 2;

    // What a network is made of before its weights are read, and what numbers are multiplied and divided by: within these no network is too large to
    // be begun, and no answer overflows.
    private const int LargestDim = 8192;
    private const int MostExperts = 1000;
    private const int MostFiles = 64;
    private const float LeastFactor = 1e-5f;
    private const float MostFactor = 1e4f;

    internal static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        AllowDuplicateProperties = false,
        WriteIndented = true,
    };

    /// <summary>Version of this file's format: 1, or 2 with <see cref="OptionalParts"/>.</summary>
    public required int FormatVersion { get; init; }

    public required string Name { get; init; }

    /// <summary>The model's version; with the digests it is in every answer.</summary>
    public required string Version { get; init; }

    /// <summary>What whoever sees an answer of this model should know, such as that it is not trained; in every answer.</summary>
    public string? Notice { get; init; }

    public required Architecture Architecture { get; init; }

    /// <summary>D: dimensions that words, local features and global embeddings share. Equal to the text encoder's hidden size.</summary>
    public required int EmbeddingDim { get; init; }

    public ExpertSettings? Expert { get; init; }

    /// <summary>The modality experts, in the order of the gate's outputs.</summary>
    public required IReadOnlyList<ExpertEntry> Experts { get; init; }

    public TextSettings Text { get; init; } = new();

    public SimilaritySettings Similarity { get; init; } = new();

    public ImageSettings Image { get; init; } = new();

    /// <summary>The parts of capabilities that not every bundle has, by their folders.</summary>
    [JsonPropertyName("parts")]
    public IReadOnlyDictionary<string, OptionalPart>? OptionalParts { get; init; }

    /// <summary>Every part: backbone, text, gate, the experts in the gate's order, then the optional ones.</summary>
    [JsonIgnore]
    public IEnumerable<BundlePart> Parts =>
    [
        BundlePart.Backbone, BundlePart.Text, BundlePart.Gate, .. Experts.Select(expert => BundlePart.Expert(expert.Name)),
        .. PartsOfCapabilities,
    ];

    [JsonIgnore]
    public IEnumerable<BundlePart> PartsOfCapabilities => OptionalParts?.Select(part => new BundlePart(part.Key, part.Value.Files)) ?? [];

    /// <summary>Name and version, as answers give them.</summary>
    [JsonIgnore]
    public string ModelVersion => $"{Name}/{Version}";

    /// <exception cref="BundleException">Missing, not JSON, or with faults; the exception lists every fault.</exception>
    public static BundleManifest Read(string path)
    {
        var json = JsonFile.ReadObject(path);
        BundleManifest manifest;
        try
        {
            manifest = json.Deserialize<BundleManifest>(Json)!;
        }
        catch (JsonException e)
        {
            throw new BundleException(path, $"not a bundle manifest: {JsonFault.Of(e)}");
        }
        string[] faults = [.. manifest.Faults()];
        return faults.Length == 0 ? manifest : throw new BundleException([.. faults.Select(f => new BundleFault(path, f))]);
    }

    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Json) + "\n");

    /// <summary>Where an expert stands among the gate's outputs, or -1.</summary>
    public int IndexOf(string expert)
    {
        for (var i = 0; i < Experts.Count; i++)
        {
            if (Experts[i].Name == expert)
            {
                return i;
            }
        }
        return -1;
    }

    private IEnumerable<string> Faults()
    {
        if (FormatVersion is not (FirstFormat or FormatWithParts))
        {
            yield return $"format_version {FormatVersion}; this version reads {FirstFormat} and {FormatWithParts}";
        }
        if (FormatVersion == FirstFormat && OptionalParts is not null)
        {
            yield return $"parts need format_version {FormatWithParts}";
        }
        if (new[] { Name, Version }.Any(text => text.Length is 0 or > 200 || text.Any(char.IsControl)))
        {
            yield return "name and version need 1 to 200 characters, none of control";
        }
        if (EmbeddingDim is < 2 or > LargestDim || EmbeddingDim % 2 != 0)
        {
            yield return $"embedding_dim {EmbeddingDim} is not a positive even number of {LargestDim} at most";
        }
        if (Architecture == Architecture.Paper ? Expert is not { Bottleneck: > 0 and <= LargestDim } : Expert is { Bottleneck: < 0 or > LargestDim })
        {
            yield return $"architecture paper needs expert.bottleneck, a positive number of {LargestDim} at most";
        }
        if (Experts.Count is 0 or > MostExperts)
        {
            yield return Experts.Count == 0 ? "no experts" : $"{Experts.Count} experts, {MostExperts} at most";
        }
        // A list may hold null whatever its type says.
        if (Experts.Any(e => e is null || e.DicomModalities.Any(m => m is null)))
        {
            yield return "experts or their dicom_modalities hold null";
            yield break;
        }
        foreach (var name in Experts.Select(e => e.Name).Where(n => !HostName().IsMatch(n)))
        {
            yield return $"expert name \"{name}\" is not of a-z, 0-9 and '-', starting with a letter, 63 at most";
        }
        foreach (var twice in Experts.Select(e => e.Name).CountBy(n => n).Where(n => n.Value > 1))
        {
            yield return $"expert {twice.Key} is there {twice.Value} times";
        }
        foreach (var twice in Experts.SelectMany(e => e.DicomModalities).CountBy(m => m).Where(m => m.Value > 1))
        {
            yield return $"DICOM modality {twice.Key} is claimed {twice.Value} times";
        }
        if (Text.LastLayers is < 1 or > 128 || Text.MaxTokens is < 3 or > 65536)
        {
            yield return $"text.last_layers {Text.LastLayers} must be 1 to 128, text.max_tokens {Text.MaxTokens} 3 to 65536";
        }
        float[] temperatures = [Similarity.AttentionTemperature, Similarity.WordTemperature, Similarity.LogitScale];
        if (temperatures.Any(t => t is not (>= LeastFactor and <= MostFactor)))
        {
            yield return FormattableString.Invariant($"similarity: temperatures must be positive numbers of {LeastFactor} to {MostFactor}");
        }
        if (Image.Size is < 1 or > 4096)
        {
            yield return $"image.size {Image.Size} is not in 1..4096";
        }
        if (Image.Mean.Count != 3 || Image.Std.Count != 3 || Image.Mean.Any(m => m is not (>= -MostFactor and <= MostFactor))
            || Image.Std.Any(s => s is not (>= LeastFactor and <= MostFactor)))
        {
            yield return FormattableString.Invariant(
                $"image.mean and image.std need three numbers each, mean up to {MostFactor}, std positive, {LeastFactor} to {MostFactor}");
        }
        if (Image.Resample != "bicubic")
        {
            yield return $"image.resample \"{Image.Resample}\" is not known, only \"bicubic\"";
        }
        foreach (var fault in PartFaults())
        {
            yield return fault;
        }
    }

    private IEnumerable<string> PartFaults()
    {
        string[] taken = [BundlePart.Backbone.Folder, BundlePart.Text.Folder, BundlePart.Gate.Folder, "experts"];
        foreach (var (name, part) in OptionalParts ?? new Dictionary<string, OptionalPart>())
        {
            if (!HostName().IsMatch(name) || taken.Contains(name))
            {
                yield return $"part name \"{name}\" is not of a-z, 0-9 and '-', starting with a letter, 63 at most, "
                    + $"or is one of {string.Join(", ", taken)}";
            }
            if (part is null || part.Files.Count is 0 or > MostFiles || part.Files.Any(file => file is null || !FileName().IsMatch(file)))
            {
                yield return $"part {name} needs files: 1 to {MostFiles} names of A-Z, a-z, 0-9, '.', '_' and '-', not starting with '.'";
            }
            else if (part.Files.Distinct().Count() < part.Files.Count)
            {
                yield return $"part {name} names a file twice";
            }
        }
    }

    // A name becomes a folder, a host name and a Kubernetes label.
    [GeneratedRegex("^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$")]
    private static partial Regex HostName();

    [GeneratedRegex("^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$")]
    private static partial Regex FileName();
}
