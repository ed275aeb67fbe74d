using System.Text.Json;

namespace MedMoE.Mesh.Bundle;

/// <summary>Sizes of the experts.</summary>
/// <param name="Bottleneck">Channels between the pointwise convolutions of a level's projection (architecture paper).</param>
public sealed record ExpertSettings(int Bottleneck)
{
    /// <summary>
    /// A third of the embedding, rounded up to eight: 256 for 768, with which six experts have the parameters of the paper's table 3.
    /// </summary>
    public static ExpertSettings For(int embeddingDim) => new(((embeddingDim / 3) + 7) / 8 * 8);
}

/// <summary>One modality expert.</summary>
/// <param name="Name">Its folder, host name and label: a-z, 0-9, '-'.</param>
/// <param name="ReportType">The report type the gate was trained to recognise, for people to read.</param>
public sealed record ExpertEntry(string Name, string ReportType)
{
    /// <summary>DICOM modality codes (0008,0060) whose images this expert takes; a code belongs to one expert at most.</summary>
    public IReadOnlyList<string> DicomModalities { get; init; } = [];
}

/// <summary>A part that not every bundle has.</summary>
/// <param name="Files">Names of the files in its folder.</param>
public sealed record OptionalPart(IReadOnlyList<string> Files)
{
    /// <summary>Settings that the part's owner reads, by <see cref="ModelBundle.SettingsOf"/>.</summary>
    public JsonElement? Settings { get; init; }
}

/// <param name="LastLayers">Hidden layers summed into a token's embedding, counted from the last.</param>
/// <param name="MaxTokens">Tokens of a report, [CLS] and [SEP] included; what is longer is cut.</param>
public sealed record TextSettings(int LastLayers = 4, int MaxTokens = 25);

/// <param name="AttentionTemperature">Multiplies word · position scores before their softmax; GLoRIA's temp1.</param>
/// <param name="WordTemperature">Multiplies word cosines inside the log-sum-exp; GLoRIA's temp2.</param>
/// <param name="LogitScale">Multiplies similarities in the contrastive losses; GLoRIA's temp3.</param>
public sealed record SimilaritySettings(float AttentionTemperature = 4, float WordTemperature = 5, float LogitScale = 10);

/// <summary>How images are prepared.</summary>
public sealed record ImageSettings
{
    /// <summary>Pixels on a side.</summary>
    public int Size { get; init; } = 224;

    /// <summary>Mean of red, green and blue in 0..1; ImageNet's by default.</summary>
    public IReadOnlyList<float> Mean { get; init; } = [0.485f, 0.456f, 0.406f];

    /// <summary>Standard deviation of red, green and blue in 0..1; ImageNet's by default.</summary>
    public IReadOnlyList<float> Std { get; init; } = [0.229f, 0.224f, 0.225f];

    public string Resample { get; init; } = "bicubic";
}
