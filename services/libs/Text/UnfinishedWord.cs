using System.Text;

namespace MedMoE.Mesh.Text;

/// <summary>The word that a tokenizer is reading: its normalised text, up to the length from which on it is one [UNK] whatever follows.</summary>
internal sealed class UnfinishedWord
{
    /// <summary>Code points; a longer word becomes one [UNK] (BERT's max_input_chars_per_word).</summary>
    public const int MaxLength = 100;

    private readonly StringBuilder _text = new();
    private int _length;

    public bool IsEmpty => _length == 0;

    public bool IsTooLong => _length > MaxLength;

    /// <summary>The word, where it is not too long.</summary>
    public string Text => _text.ToString();

    /// <summary>Where in the text its first character came from, in UTF-16 code units.</summary>
    public int Start { get; private set; }

    /// <summary>Behind the character that its last one came from.</summary>
    public int End { get; set; }

    /// <param name="rune">The next character, normalised.</param>
    /// <param name="start">Where in the text it came from.</param>
    /// <param name="end">Behind that.</param>
    public void Append(Rune rune, int start, int end)
    {
        if (IsEmpty)
        {
            Start = start;
        }
        End = end;
        if (!IsTooLong)
        {
            _text.Append(rune.ToString());
            _length++;
        }
    }

    public void Clear()
    {
        _text.Clear();
        _length = 0;
    }
}
