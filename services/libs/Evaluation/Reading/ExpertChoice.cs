using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Evaluation.Reading;

/// <summary>What picks the expert that sees an image.</summary>
public enum ExpertPolicy
{
    /// <summary>
    /// As the mesh's policy AUTO: by the gate on the text where the question has one (prompts, reports), else by the gate on the image.
    /// </summary>
    Auto,

    /// <summary>Always the gate on the text; for the image alone, that on its own report.</summary>
    Report,

    /// <summary>Always the gate on the image.</summary>
    Image,

    /// <summary>The true type of the study.</summary>
    Type,

    /// <summary>Never that of the true type, but the one after it: what an expert is worth shows where it is not asked.</summary>
    Wrong,

    /// <summary>One expert for all.</summary>
    Named,
}

/// <param name="Policy">What picks the expert.</param>
/// <param name="Name">The expert, with <see cref="ExpertPolicy.Named"/>.</param>
public sealed record ExpertChoice(ExpertPolicy Policy, string? Name = null)
{
    public static ExpertChoice Auto { get; } = new(ExpertPolicy.Auto);

    /// <param name="value">auto, report, image, type, wrong, or an expert's name.</param>
    public static ExpertChoice Parse(string value) => value switch
    {
        "auto" => Auto,
        "report" => new(ExpertPolicy.Report),
        "image" => new(ExpertPolicy.Image),
        "type" => new(ExpertPolicy.Type),
        "wrong" => new(ExpertPolicy.Wrong),
        _ => new(ExpertPolicy.Named, value),
    };

    /// <summary>Index of the named expert; -1 where none is named.</summary>
    /// <exception cref="InvalidEvaluationException">The bundle has no expert of this name.</exception>
    public int IndexIn(BundleManifest manifest)
    {
        var index = Name is null ? -1 : manifest.IndexOf(Name);
        return Name is null || index >= 0 ? index : throw new InvalidEvaluationException(
            $"unknown expert \"{Name}\": the bundle has {string.Join(", ", manifest.Experts.Select(e => e.Name))}");
    }

    public override string ToString() => Name ?? Policy.ToString().ToLowerInvariant();
}
