using MedMoE.Mesh.Router.Answers;
using MedMoE.Mesh.Router.Gating;
using MedMoE.Mesh.Router.Pyramids;
using MedMoE.Mesh.Router.Texts;
using MedMoE.Mesh.Wire;
using GateDecision = MedMoE.Mesh.Bundle.Gating.GateDecision;

namespace MedMoE.Mesh.Router.Calls;

/// <summary>Analyze: runs text encoder and backbone concurrently, and asks one expert as soon as the gate has decided.</summary>
internal sealed class Analyze(TextSource texts, PyramidSource pyramids, AnswerSource answers, RouterGate gate)
{
    public async Task<AnalyzeResponse> Run(AnalyzeRequest request, CancellationToken cancellation)
    {
        var image = ImageContent.Of(request.Image);
        var hasReport = request.Report.Length > 0;
        var policy = gate.Resolve(request.Gating, hasReport, out var decision);
        var shape = new AnswerShape(
            request.ReturnAttention, request.ReturnLocalFeatures, WireTensors.Require(request.DataType, "data_type", absent: DataType.Fp32));
        NamedText[] named = [.. hasReport ? [new NamedText(request.Report, "report")] : Array.Empty<NamedText>(),
            .. request.Phrases.Select((phrase, i) => new NamedText(phrase, $"phrases[{i}]"))];

        var encoding = named.Length == 0 ? null : texts.Encode(named, cancellation);
        using var pyramid = pyramids.Open(image);
        if (encoding is { IsCompleted: false } && !texts.IsAway)
        {
            // Run the backbone while the text encoder works.
            pyramid.Start();
        }
        var encoded = encoding is null ? null : await encoding;
        var byReport = hasReport ? gate.ByReport(encoded!.Texts[0].Encoded, "report") : null;
        decision ??= policy == GatingPolicy.Report ? byReport! : gate.ByImage((await pyramids.Summary(pyramid, cancellation)).Pooled);

        var answer = await answers.Ask(gate.NameOf(decision), pyramid, encoded?.Texts ?? [], shape, cancellation);
        var byImage = (pyramid.Finished ?? await pyramids.KnownSummary(image, cancellation)) is { } summary ? gate.ByImage(summary.Pooled) : null;

        AnalyzedText[] analyzed = [.. named.Select((text, i) => ToProto(text.Text, encoded!.Texts[i].Encoded, answer.Response.Texts[i]))];
        var response = new AnalyzeResponse
        {
            Gate = gate.ToProto(decision),
            OtherGates = { Others(decision, byReport, byImage).Select(gate.ToProto) },
            Report = hasReport ? analyzed[0] : null,
            Phrases = { hasReport ? analyzed[1..] : analyzed },
            Model = gate.Merge(encoded is null ? [answer.Backbone, answer.Response.Model] : [answer.Backbone, answer.Response.Model, encoded.Model]),
            BackboneTiming = pyramid.Finished?.Timing,
            TextTiming = encoded?.Timing,
            ExpertTiming = answer.Timing,
            GridSide = answer.Response.GridSide,
            ImageEmbedding = answer.Response.ImageEmbedding,
            LocalFeatures = answer.Response.LocalFeatures,
            Notes = { answer.Response.Notes },
        };
        return response;
    }

    private static IEnumerable<GateDecision> Others(GateDecision decided, params GateDecision?[] all) =>
        all.OfType<GateDecision>().Where(other => other.Policy != decided.Policy);

    private static AnalyzedText ToProto(string text, EncodedText encoded, TextGrounding grounding) => new()
    {
        Words = { encoded.Words.Select(word => new Word { Text = text[word.Start..word.End], Start = word.Start, End = word.End }) },
        Truncated = encoded.Truncated,
        UnknownWords = encoded.UnknownWords,
        Grounding = grounding,
    };
}
