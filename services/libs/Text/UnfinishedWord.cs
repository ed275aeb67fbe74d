using System.Text;

namespace MedMoE.Mesh.Text;

/// <summary>The normalised text of the word being read. Past the limit the text is not kept, because the word is one [UNK] in any case.</summary>
internal sealed class UnfinishedWord
{
    /// <summary>In code points; a longer word becomes one [UNK] (BERT's max_input_chars_per_word).</summary>
    public const int MaxLength = 100;

    private readonly StringBuilder _text = new();
    private int _length;

    public bool IsEmpty => _length == 0;

    public bool IsTooLong => _length > MaxLength;

    /// <summary>Valid only if the word is not too long.</summary>
    public string Text => _text.ToString();

    /// <summary>Start in the original text, in UTF-16 code units.</summary>
    public int Start { get; private set; }

    /// <summary>End in the original text, exclusive.</summary>
    public int End { get; set; }

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
