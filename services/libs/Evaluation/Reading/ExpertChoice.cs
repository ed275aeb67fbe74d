using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Evaluation.Reading;

/// <summary>How the expert of an image is chosen.</summary>
public enum ExpertPolicy
{
    /// <summary>
    /// Like the mesh's policy AUTO: by the gate on the text of the query (prompt, report) if it has one, else by the gate on the image.
    /// </summary>
    Auto,

    /// <summary>Always by the gate on the text; for an image alone, on its own report.</summary>
    Report,

    /// <summary>Always by the gate on the image.</summary>
    Image,

    /// <summary>The true type of the study.</summary>
    Type,

    /// <summary>Never the expert of the true type, but the next one: shows the value of choosing the right expert.</summary>
    Wrong,

    /// <summary>One expert for all images.</summary>
    Named,
}

/// <summary>The name is for <see cref="ExpertPolicy.Named"/>.</summary>
public sealed record ExpertChoice(ExpertPolicy Policy, string? Name = null)
{
    public static ExpertChoice Auto { get; } = new(ExpertPolicy.Auto);

    /// <param name="value">auto, report, image, type, wrong, or an expert's name.</param>
    public static ExpertChoice Parse(string value) => value.ToLowerInvariant() switch
    {
        "auto" => Auto,
        "report" => new(ExpertPolicy.Report),
        "image" => new(ExpertPolicy.Image),
        "type" => new(ExpertPolicy.Type),
        "wrong" => new(ExpertPolicy.Wrong),
        _ => new(ExpertPolicy.Named, value),
    };

    /// <summary>Index of the named expert; -1 if none is named.</summary>
    /// <exception cref="InvalidEvaluationException">The bundle has no expert of this name.</exception>
    public int IndexIn(BundleManifest manifest)
    {
        var index = Name is null ? -1 : manifest.Experts.IndexOfNamed(Name);
        return Name is null || index >= 0 ? index : throw new InvalidEvaluationException(
            $"unknown expert \"{Name}\"; expected one of {manifest.Experts.Listed()}");
    }

    public override string ToString() => Name ?? Policy.ToString().ToLowerInvariant();
}
