using System.Globalization;
using System.Text;
using MedMoE.Mesh.Phantoms.Plans;

namespace MedMoE.Mesh.Phantoms.Reports;

/// <summary>A report, and for each lesion of the plan the words that name it.</summary>
internal sealed record WrittenReport(string Text, IReadOnlyList<string> Phrases);

internal sealed class ReportWriter(Chance chance, Wording wording)
{
    /// <summary>Maximum of words and punctuation marks: with [CLS] and [SEP] they are the 25 tokens read by default.</summary>
    public const int MostTokens = 23;

    public const int FewestWords = 8;

    /// <summary>Share of findings whose size is not reported.</summary>
    private const float Unsized = 0.1f;

    private static readonly string[][] _sizes = [["small", "tiny"], ["moderate", "medium"], ["large", "sizeable"]];

    private static readonly string[] _pairs = ["{0}. {1}.", "{0}; {1}.", "{0} and {1}.", "{0}, with {1}.", "{0}. In addition {1}."];

    public WrittenReport Write(StudyPlan plan)
    {
        // Draw again if the text is too long or too short; most fit the first time.
        while (true)
        {
            var text = plan.Lesions switch
            {
                [] => Normal(),
                [var lesion] => Filled(chance.OneOf(Sentences(lesion)), lesion, plan),
                [var one, var two, ..] => string.Format(CultureInfo.InvariantCulture, chance.OneOf(_pairs), Brief(one, plan), Brief(two, plan)),
            };
            if (plan.Lesions.Count > 0 && Words(text) < FewestWords)
            {
                text += $" {Remark(plan)}.";
            }
            var report = Finish(text);
            if (Words(report.Text) >= FewestWords && Tokens(report.Text) <= MostTokens)
            {
                return report;
            }
        }
    }

    private static int Words(string text) => text.Split(' ').Length;

    private static int Tokens(string text) => Words(text) + text.Count(c => c is '.' or ',' or ';' or ':');

    private string Normal()
    {
        var first = chance.OneOf(wording.Normal);
        if (Words(first) >= FewestWords && chance.Happens(0.5f))
        {
            return $"{first}.";
        }
        // Not the same statement twice, and no "other side" or "otherwise" without a finding.
        var others = wording.Remarks.Where(r => !first.Contains(r.Text[(r.Text.LastIndexOf(' ') + 1)..], StringComparison.Ordinal)
            && !r.Text.Contains("other", StringComparison.Ordinal));
        return $"{first}. {chance.OneOf([.. others]).Text}.";
    }

    private IReadOnlyList<string> Sentences(Lesion lesion) => lesion.Kind switch
    {
        { HasSide: false } => wording.Central,
        { Zones.Count: 1 } => wording.Sided,
        _ => wording.Located,
    };

    private string Brief(Lesion lesion, StudyPlan plan) => Filled(
        lesion.Kind switch
        {
            { HasSide: false } => "[{size} {name}]",
            { Zones.Count: 1 } => "[{size} {side} {name}]",
            _ => chance.OneOf(wording.Brief),
        },
        lesion,
        plan);

    private string Filled(string template, Lesion lesion, StudyPlan plan) => template
        .Replace("{size} ", Size(lesion))
        .Replace("{name}", chance.OneOf(wording.Names.GetValueOrDefault($"{lesion.Kind.Name}/{plan.Variant}") ?? wording.Names[lesion.Kind.Name]))
        .Replace("{side}", lesion.Side?.ToString().ToLowerInvariant())
        .Replace("{zone}", chance.OneOf(wording.Zones[lesion.Zone]))
        .Replace("{rest}", Remark(plan));

    private string Size(Lesion lesion) =>
        chance.Happens(Unsized) ? "" : chance.OneOf((wording.Sizes.GetValueOrDefault(lesion.Kind.Name) ?? _sizes)[(int)lesion.Size]) + " ";

    private string Remark(StudyPlan plan) =>
        chance.OneOf([.. wording.Remarks.Where(r => !plan.Lesions.Any(l => r.Unless.Contains(l.Kind.Name)))]).Text;

    /// <summary>Inserts articles and capitals at the start of sentences, and takes the phrases out of their brackets.</summary>
    private static WrittenReport Finish(string marked)
    {
        var text = new StringBuilder();
        var phrases = new List<string>();
        var (start, capital) = (0, true);
        for (var i = 0; i < marked.Length; i++)
        {
            switch (marked[i])
            {
                case '[':
                    start = text.Length;
                    break;
                case ']':
                    phrases.Add(text.ToString(start, text.Length - start));
                    break;
                case '{':
                    var article = "aeiou".Contains(marked[(i + 4)..].TrimStart('[')[0]) ? "an" : "a";
                    text.Append(capital ? article.Replace('a', 'A') : article);
                    (capital, i) = (false, i + 2);
                    break;
                case var c:
                    text.Append(capital ? char.ToUpperInvariant(c) : c);
                    capital = c == '.' || (capital && c == ' ');
                    break;
            }
        }
        return new WrittenReport(text.ToString(), phrases);
    }
}
