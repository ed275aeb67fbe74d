using System.Text.RegularExpressions;
using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Trainer.Bundles.Import;

/// <summary>
/// The networks in one checkpoint, recognised by the tensors' names: MedCLIP's (<c>vision_model</c>, <c>text_model</c>) or those of MedMoE's released
/// code (<c>image_encoder</c> with its router and experts, <c>text_encoder</c>). All names may have one common prefix.
/// </summary>
internal sealed partial class CheckpointParts
{
    private const string Expected = "MedCLIP's names (vision_model.model.…, text_model.model.…) or those of MedMoE's released code "
        + "(image_encoder.model.…, text_encoder.model.…), all with the same prefix or none; "
        + "put a checkpoint of one network into the folder that --swin or --bert names";

    private readonly SelectedTensors _file;

    /// <exception cref="BundleException">Unknown names, or tensors that belong to none of the networks.</exception>
    public CheckpointParts(ITensorFile file)
    {
        var medMoE = NamePrefix.Before(file, "image_encoder.model.moe.router.0.weight");
        var medClip = NamePrefix.Before(file, "text_model.model.embeddings.word_embeddings.weight");
        if (medMoE.Length + medClip.Length != 1)
        {
            var starts = file.All.Select(tensor => tensor.Name.Split('.')[0]).Distinct().Take(5);
            throw new BundleException(file.Path, $"names begin with {string.Join(", ", starts.Select(s => $"\"{s}\""))}; expected {Expected}");
        }
        _file = NamePrefix.Behind(file, medMoE.Concat(medClip).Single(), Expected);
        var isMedMoE = medMoE.Length == 1;
        (string swin, string bert, string[] unused) = isMedMoE
            ? ("image_encoder.model.model.", "text_encoder.model.", ["image_encoder.global_embedder.", "image_encoder.local_embedder."])
            : ("vision_model.model.", "text_model.model.", new[] { "vision_model.projection_head.", "text_model.projection_head.", "logit_scale" });
        Swin = SelectedTensors.Behind(swin, _file);
        Bert = SelectedTensors.Behind(bert, _file);
        if (isMedMoE)
        {
            ImageGate = SelectedTensors.Behind("image_encoder.model.moe.router.", _file);
            Experts = SelectExperts();
        }
        LeftOut = [.. Names.Where(name => Array.Exists(unused, start => name.StartsWith(start, StringComparison.Ordinal))).Select(_file.NameInFile)];
        RequireAllUsed();
    }

    public SelectedTensors Swin { get; }

    public SelectedTensors Bert { get; }

    public SelectedTensors? ImageGate { get; }

    public IReadOnlyList<SelectedTensors> Experts { get; } = [];

    public IReadOnlyList<string> LeftOut { get; }

    private IEnumerable<string> Names => _file.All.Select(tensor => tensor.Name);

    private SelectedTensors[] SelectExperts()
    {
        string[] numbers = [.. Names.Select(NumberOf).OfType<string>().Distinct()];
        string[] expected = [.. Enumerable.Range(0, numbers.Length).Select(k => $"{k}")];
        return expected.Except(numbers).FirstOrDefault() is { } missing
            ? throw new BundleException(_file.Path, $"expert {missing} is missing: there are {string.Join(", ", numbers)}")
            : [.. expected.Select(k => SelectedTensors.Where(_file, name => NumberOf(name) == k ? OwnName(name) : null))];
    }

    private static string? NumberOf(string name) => ExpertName().Match(name) is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>The name of an expert's tensor in a bundle.</summary>
    private static string OwnName(string name) =>
        ExpertName().Replace(name, "$2$3").Replace("proj_convs", "proj", StringComparison.Ordinal)
            .Replace("attn_proj", "scale_attention", StringComparison.Ordinal);

    private void RequireAllUsed()
    {
        var used = new[] { Swin, Bert, ImageGate }.OfType<SelectedTensors>().Concat(Experts).SelectMany(part => part.Unread).Concat(LeftOut)
            .ToHashSet(StringComparer.Ordinal);
        string[] unknown = [.. Names.Select(_file.NameInFile).Where(name => !used.Contains(name))];
        if (unknown.Length > 0)
        {
            throw new BundleException([.. unknown.Select(name => new BundleFault(_file.Path, $"tensor {name} is unknown"))]);
        }
    }

    [GeneratedRegex(@"^image_encoder\.model\.moe\.experts\.(0|[1-9][0-9]{0,3})\.(proj_convs|attn_proj)(\..+)$")]
    private static partial Regex ExpertName();
}
