using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Router.Answers;
using MedMoE.Mesh.Router.Entries;
using MedMoE.Mesh.Router.Gating;
using MedMoE.Mesh.Router.Pyramids;
using MedMoE.Mesh.Router.Settings;
using MedMoE.Mesh.Router.Texts;
using MedMoE.Mesh.Wire;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Router.Calls;

/// <summary>
/// Classify: zero-shot classification. Each expert that the gate selects for some prompt is asked once, with all of its prompts. A class's score
/// depends only on the image and the class's own prompts.
/// </summary>
internal sealed class Classify(TextSource texts, PyramidSource pyramids, AnswerSource answers, RouterGate gate, IOptions<RouterOptions> options)
{
    private const string Aggregation =
        "The score of a prompt is the mean of its global similarity and of its local similarity corrected for the number of words, "
        + "(local - ln(words)) / word temperature; the score of a class is the mean of its prompts' scores; "
        + "the probabilities are the softmax over the classes of logit scale times score.";

    public async Task<ClassifyResponse> Run(ClassifyRequest request, CancellationToken cancellation)
    {
        var image = ImageContent.Of(request.Image);
        Validate(request);
        var policy = gate.Resolve(request.Gating, hasText: true, out var decision);
        NamedText[] prompts = [.. request.Classes.SelectMany((c, i) => c.Prompts.Select((p, j) => new NamedText(p, $"classes[{i}].prompts[{j}]")))];

        var encoding = texts.Encode(prompts, cancellation);
        using var pyramid = pyramids.Open(image);
        if (!encoding.IsCompleted && !texts.IsAway)
        {
            // Run the backbone while the text encoder works.
            pyramid.Start();
        }
        var encoded = await encoding;
        if (policy == GatingPolicy.Image)
        {
            decision = gate.ByImage((await pyramids.Summary(pyramid, cancellation)).Pooled);
        }
        string[] experts = [.. encoded.Texts.Zip(prompts, (text, prompt) => gate.NameOf(decision ?? gate.ByReport(text.Encoded, prompt.Field)))];
        var byExpert = Enumerable.Range(0, prompts.Length).GroupBy(i => experts[i]).Select(group => group.ToArray()).ToArray();
        var asked = await Task.WhenAll(byExpert.Select(own =>
            answers.Ask(experts[own[0]], pyramid, [.. own.Select(i => encoded.Texts[i])], new AnswerShape(), cancellation)));

        var groundings = new TextGrounding[prompts.Length];
        foreach (var (own, answer) in byExpert.Zip(asked))
        {
            foreach (var (prompt, grounding) in own.Zip(answer.Response.Texts))
            {
                groundings[prompt] = grounding;
            }
        }
        return new ClassifyResponse
        {
            Classes = { Score(request.Classes, groundings, experts, gate.Manifest.Similarity) },
            Aggregation = Aggregation,
            PromptSetDigest = EntryKey.Of([.. request.Classes.SelectMany(c => c.Prompts.Prepend(c.Name).Prepend($"{c.Prompts.Count}"))]),
            Model = gate.Merge([encoded.Model, .. asked.SelectMany(a => new[] { a.Backbone, a.Response.Model })]),
            // All experts return the same notes on the image.
            Notes = { asked.SelectMany(a => a.Response.Notes).Distinct() },
        };
    }

    private void Validate(ClassifyRequest request)
    {
        if (request.Classes.Count < 2 || request.Classes.Count > options.Value.MaxTexts)
        {
            throw new InvalidFieldException("classes", $"has {request.Classes.Count} classes, expected 2 to {options.Value.MaxTexts}");
        }
        var names = new HashSet<string>();
        for (var i = 0; i < request.Classes.Count; i++)
        {
            if (request.Classes[i].Name.Length == 0 || !names.Add(request.Classes[i].Name))
            {
                throw new InvalidFieldException($"classes[{i}].name", "is empty or used twice");
            }
            if (request.Classes[i].Prompts.Count == 0)
            {
                throw new InvalidFieldException($"classes[{i}].prompts", "is empty");
            }
        }
    }

    private static ClassScore[] Score(
        IReadOnlyList<ClassPrompts> classes, IReadOnlyList<TextGrounding> groundings, IReadOnlyList<string> experts, SimilaritySettings similarity)
    {
        var means = new double[classes.Count];
        var scores = new ClassScore[classes.Count];
        for (var (i, first) = (0, 0); i < classes.Count; first += classes[i++].Prompts.Count)
        {
            TextGrounding[] own = [.. groundings.Skip(first).Take(classes[i].Prompts.Count)];
            means[i] = own.Average(g => PromptScore.Of<double>(g.GlobalSimilarity, g.LocalSimilarity, g.Words.Count, similarity));
            scores[i] = new ClassScore
            {
                Name = classes[i].Name,
                GlobalSimilarity = own.Average(g => g.GlobalSimilarity),
                LocalSimilarity = own.Average(g => g.LocalSimilarity),
                Experts = { experts.Skip(first).Take(own.Length) },
            };
        }
        foreach (var (score, probability) in scores.Zip(PromptScore.Probabilities(means, similarity)))
        {
            score.Probability = (float)probability;
        }
        return scores;
    }
}
