using System.Globalization;

namespace MedMoE.Mesh.Text;

/// <summary>What of the texts of a data set does not reach the text encoder: the end of long ones, and words outside the vocabulary.</summary>
public sealed class TextSurvey(BertTokenizer tokenizer, int maxTokens)
{
    private int _cut;
    private int _longest;
    private long _tokens;
    private long _unknown;

    public int Texts { get; private set; }

    /// <summary>Whether a text was cut or had an unknown word.</summary>
    public bool LosesText => _cut > 0 || _unknown > 0;

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
                    + "--max-tokens of bundle import and create sets the limit";
            }
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"tokens that the vocabulary does not have ([UNK]): {_unknown} of {_tokens} ({(double)_unknown / Math.Max(1, _tokens):P1}); ")
                + $"text is {(tokenizer.LowersCase ? "lower-cased" : "used with its capitals")}";
        }
    }
}
