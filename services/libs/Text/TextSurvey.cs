using System.Globalization;

namespace MedMoE.Mesh.Text;

/// <summary>What of the texts of a data set does not reach the text encoder: the end of long ones, and words outside the vocabulary.</summary>
public sealed class TextSurvey(BertTokenizer tokenizer, int maxTokens)
{
    /// <summary>Reports of a data set that <see cref="OfFirst"/> reads.</summary>
    public const int First = 200;

    private int _cut;
    private int _longest;
    private long _tokens;
    private long _unknown;

    public int Texts { get; private set; }

    /// <summary>Whether a text was cut or had an unknown word.</summary>
    public bool LosesText => _cut > 0 || _unknown > 0;

    /// <summary>Lines about the first texts of a data set, before all of it is read.</summary>
    public static IEnumerable<string> OfFirst(IEnumerable<string> texts, BertTokenizer tokenizer, int maxTokens)
    {
        var survey = new TextSurvey(tokenizer, maxTokens);
        foreach (var text in texts.Take(First))
        {
            survey.Add(text);
        }
        return survey.Texts == 0 ? [] : survey.Lines.Select(line => $"the first {survey.Texts} reports: {line}");
    }

    public void Add(string text)
    {
        var (all, unknown) = tokenizer.Count(text);
        Texts++;
        _cut += all > maxTokens ? 1 : 0;
        _longest = Math.Max(_longest, all);
        (_tokens, _unknown) = (_tokens + all, _unknown + unknown);
    }

    /// <summary>One line each: how many texts are cut, if any, and how much is unknown.</summary>
    public IEnumerable<string> Lines
    {
        get
        {
            if (_cut > 0)
            {
                yield return $"reports cut at {maxTokens} tokens: {_cut} of {Texts}, the longest has {_longest}; "
                    + "--max-tokens of bundle import and create sets the limit, --sections picks what is read";
            }
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"tokens that the vocabulary does not have ([UNK]): {_unknown} of {_tokens} ({(double)_unknown / Math.Max(1, _tokens):P1}); ")
                + $"text is {(tokenizer.LowersCase ? "lower-cased" : "used with its capitals")}";
        }
    }
}
