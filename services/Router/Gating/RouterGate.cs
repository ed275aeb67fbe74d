using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Bundle.Gating;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.Wire;
using Microsoft.Extensions.Options;
using GateDecision = MedMoE.Mesh.Bundle.Gating.GateDecision;
using GatingPolicy = MedMoE.Mesh.V1.GatingPolicy;

namespace MedMoE.Mesh.Router.Gating;

/// <summary>The bundle's gates, which select the expert for an image. They run in the router, because each takes only a few microseconds.</summary>
internal sealed class RouterGate
{
    private readonly GateScorer _report;
    private readonly GateScorer _image;

    /// <exception cref="BundleException">The manifest or a gate is invalid.</exception>
    public RouterGate(IOptions<ModelOptions> options)
    {
        var bundle = ModelBundle.Open(options.Value.Bundle);
        Manifest = bundle.Manifest;
        _report = GateScorer.Load(bundle, "report", Manifest.EmbeddingDim);
        _image = GateScorer.Load(bundle, "image");
        Info = ServedModel.Describe(bundle, BundlePart.Gate, "fp32");
    }

    public BundleManifest Manifest { get; }

    public ModelInfo Info { get; }

    /// <summary>8C: values of the backbone's pooled feature.</summary>
    public int PooledDim => _image.InputSize;

    /// <summary>The policy of a request, with AUTO resolved; with EXPLICIT also its decision.</summary>
    /// <exception cref="InvalidFieldException">Unknown policy or expert, or REPORT without a report.</exception>
    public GatingPolicy Resolve(V1.Gating? gating, bool hasText, out GateDecision? named)
    {
        named = null;
        if (gating is { Policy: not GatingPolicy.Explicit, Expert.Length: > 0 })
        {
            throw new InvalidFieldException("gating.expert", "needs the policy EXPLICIT; with any other policy it would be ignored");
        }
        switch (gating?.Policy ?? GatingPolicy.Unspecified)
        {
            case GatingPolicy.Unspecified or GatingPolicy.Auto:
                return hasText ? GatingPolicy.Report : GatingPolicy.Image;
            case GatingPolicy.Image:
                return GatingPolicy.Image;
            case GatingPolicy.Report:
                return hasText ? GatingPolicy.Report : throw new InvalidFieldException("gating.policy", "REPORT needs a report");
            case GatingPolicy.Explicit:
                var expert = Manifest.Experts.IndexOfNamed(gating!.Expert);
                named = expert >= 0 ? GateDecision.Named(expert, Manifest.Experts.Count) : throw new InvalidFieldException(
                    "gating.expert",
                    $"\"{Shortened(gating.Expert)}\" is not one of the experts: {Manifest.Experts.Listed()}");
                return GatingPolicy.Explicit;
            case var unknown:
                throw new InvalidFieldException("gating.policy", $"{(int)unknown} is not a policy");
        }
    }

    /// <exception cref="InvalidFieldException">The gate's values overflow.</exception>
    public GateDecision ByReport(EncodedText text, string field) =>
        GateDecision.MostProbable(Bundle.Gating.GatingPolicy.Report, Score(_report, text.Sentence, "the text encoder's sentence embedding", field));

    /// <exception cref="InvalidFieldException">The gate's values overflow.</exception>
    public GateDecision ByImage(WireTensor pooled) =>
        GateDecision.MostProbable(Bundle.Gating.GatingPolicy.Image, Score(_image, pooled, "the backbone's pooled feature", "image"));

    public string NameOf(GateDecision decision) => Manifest.Experts[decision.Expert].Name;

    public V1.GateDecision ToProto(GateDecision decision) => new()
    {
        Policy = decision.Policy switch
        {
            Bundle.Gating.GatingPolicy.Report => GatingPolicy.Report,
            Bundle.Gating.GatingPolicy.Image => GatingPolicy.Image,
            _ => GatingPolicy.Explicit,
        },
        Expert = NameOf(decision),
        Probabilities = { Manifest.Experts.Zip(decision.Probabilities).ToDictionary(e => e.First.Name, e => e.Second) },
    };

    /// <summary>The weights that an answer depends on: this gate's and those of <paramref name="parts"/>.</summary>
    public ModelInfo Merge(params IEnumerable<ModelInfo> parts)
    {
        var merged = Info.Clone();
        foreach (var part in parts)
        {
            merged.Digests.MergeFrom(part.Digests);
            merged.Precisions.MergeFrom(part.Precisions);
        }
        return merged;
    }

    // Names of experts have at most 63 characters.
    private static string Shortened(string name) => name.Length <= 63 ? name : name[..63] + "…";

    private static float[] Score(GateScorer gate, WireTensor input, string name, string field)
    {
        try
        {
            WireTensors.Require(input, name, gate.InputSize);
        }
        catch (InvalidFieldException e)
        {
            // Not the caller's fault: another service runs weights that do not match this bundle.
            throw new InvalidDataException(e.Message);
        }
        NetworkOutput.RequireFinite(input, field);
        var probabilities = gate.Score(WireTensors.ToSingles(input, name, gate.InputSize));
        NetworkOutput.RequireFinite(probabilities, field);
        return probabilities;
    }
}
