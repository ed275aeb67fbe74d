using System.Text.Json;
using System.Text.Json.Serialization;

namespace MedMoE.Mesh.Phantoms;

/// <summary>The JSON written for a phantom.</summary>
internal static class PhantomJson
{
    private static readonly JsonSerializerOptions _options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static string ImageFile(Phantom phantom) => $"images/{phantom.Key}.png";

    public static string MaskFile(Phantom phantom, int finding) => $"masks/{phantom.Key}{Suffix(finding)}.png";

    /// <summary>A mask's name in a shard, without the study's key.</summary>
    public static string MaskMember(int finding) => $"mask{Suffix(finding)}.png";

    public static string ManifestLine(Phantom phantom) => JsonSerializer.Serialize(
        new
        {
            phantom.Key,
            Image = ImageFile(phantom),
            phantom.Report,
            Type = phantom.Type.Name,
            Findings = Findings(phantom, i => MaskFile(phantom, i)),
        },
        _options);

    public static byte[] Sample(Phantom phantom) => JsonSerializer.SerializeToUtf8Bytes(
        new
        {
            Type = phantom.Type.Name,
            Findings = Findings(phantom, MaskMember),
        },
        _options);

    private static string Suffix(int finding) => finding == 0 ? "" : $"-{finding + 1}";

    private static IEnumerable<object> Findings(Phantom phantom, Func<int, string> mask) => phantom.Findings.Select((finding, i) => new
    {
        finding.Lesion.Kind.Name,
        finding.Phrase,
        Box = new[] { finding.Box.Left, finding.Box.Top, finding.Box.Width, finding.Box.Height },
        Mask = mask(i),
        Side = finding.Lesion.Side?.ToString().ToLowerInvariant(),
        finding.Lesion.Zone,
        Size = finding.Lesion.Size.ToString().ToLowerInvariant(),
    });
}
