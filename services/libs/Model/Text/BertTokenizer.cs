using System.Globalization;
using System.Text;
using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Model.Text;

/// <summary>
/// BERT's tokenizer: cleaning, splitting at white space and punctuation, WordPiece, as Hugging Face's fast tokenizers do it, and
/// where in the text each word stands. Immutable and thread-safe.
/// </summary>
/// <param name="vocabulary">The wordpieces.</param>
/// <param name="lowerCase">Whether to lower the case and strip accents first.</param>
public sealed class BertTokenizer(Vocabulary vocabulary, bool lowerCase)
{
    /// <summary>A longer word becomes one [UNK] (BERT's max_input_chars_per_word), in code points.</summary>
    private const int MaxWordLength = 100;

    private readonly (string Text, int Id)[] _specials =
    [
        ("[PAD]", vocabulary.Padding), ("[UNK]", vocabulary.Unknown), ("[CLS]", vocabulary.Start),
        ("[SEP]", vocabulary.Separator), ("[MASK]", vocabulary.Mask),
    ];

    /// <summary>
    /// Reads <c>vocab.txt</c> and <c>tokenizer_config.json</c> of a folder. Without the latter the tokenizer lowers the case: that is what
    /// Hugging Face does for models that ship none, as Bio_ClinicalBERT.
    /// </summary>
    /// <exception cref="BundleException">A file is missing or not what it should be.</exception>
    public static BertTokenizer Read(string folder, int vocabularySize)
    {
        var lowerCase = true;
        var config = Path.Combine(folder, "tokenizer_config.json");
        if (File.Exists(config))
        {
            var json = Weights.ConfigFile.Read(config);
            lowerCase = json.Bool("do_lower_case", true);
            json.ThrowOnFaults();
        }
        return new BertTokenizer(Vocabulary.Read(Path.Combine(folder, "vocab.txt"), vocabularySize), lowerCase);
    }

    public int Padding => vocabulary.Padding;

    /// <summary>The whole text. Names of special tokens in it count as these, as Hugging Face's tokenizers have it.</summary>
    public Tokens Encode(string text)
    {
        var ids = new List<int> { vocabulary.Start };
        var words = new List<Word>();
        var start = 0;
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '[' && SpecialAt(text, at) is { Text: not null } special)
            {
                EncodeOrdinary(text, start, at, ids, words);
                if (special.Id != vocabulary.Start && special.Id != vocabulary.Separator)
                {
                    words.Add(new Word(at, at + special.Text.Length, ids.Count, 1));
                }
                ids.Add(special.Id);
                start = at + special.Text.Length;
                at = start - 1;
            }
        }
        EncodeOrdinary(text, start, text.Length, ids, words);
        ids.Add(vocabulary.Separator);
        return new Tokens(ids, words);
    }

    private (string Text, int Id) SpecialAt(string text, int at) =>
        Array.Find(_specials, s => string.CompareOrdinal(text, at, s.Text, 0, s.Text.Length) == 0);

    private void EncodeOrdinary(string text, int start, int end, List<int> ids, List<Word> words)
    {
        // The word being read, normalised, and where in the text its first and last characters came from.
        var word = new StringBuilder();
        var (wordStart, wordEnd) = (0, 0);
        void Flush()
        {
            if (word.Length > 0)
            {
                var first = ids.Count;
                WordPieces(word.ToString(), ids);
                words.Add(new Word(wordStart, wordEnd, first, ids.Count - first));
                word.Clear();
            }
        }
        var at = start;
        while (at < end)
        {
            // A lone surrogate decodes as U+FFFD, which cleaning drops.
            Rune.DecodeFromUtf16(text.AsSpan(at, end - at), out var rune, out var length);
            var next = at + length;
            if (IsWhiteSpace(rune))
            {
                Flush();
            }
            else if (!IsDropped(rune))
            {
                foreach (var normalised in Normalise(rune))
                {
                    var alone = IsPunctuation(normalised) || IsChinese(normalised);
                    if (alone)
                    {
                        Flush();
                    }
                    if (word.Length == 0)
                    {
                        wordStart = at;
                    }
                    word.Append(normalised.ToString());
                    wordEnd = next;
                    if (alone)
                    {
                        Flush();
                    }
                }
                // A stripped accent still belongs to the word it stood on.
                if (word.Length > 0 && Rune.GetUnicodeCategory(rune) == UnicodeCategory.NonSpacingMark)
                {
                    wordEnd = next;
                }
            }
            at = next;
        }
        Flush();
    }

    /// <summary>The character itself or, lowering the case, its decomposition without accents.</summary>
    private IEnumerable<Rune> Normalise(Rune rune)
    {
        if (!lowerCase)
        {
            return [rune];
        }
        // NFD reorders accents only, which go anyway, so that one character at a time gives what the whole text would.
        return rune.ToString().ToLowerInvariant().Normalize(NormalizationForm.FormD).EnumerateRunes()
            .Where(r => Rune.GetUnicodeCategory(r) != UnicodeCategory.NonSpacingMark);
    }

    /// <summary>Greedy longest match first; a word that is too long or cannot be composed is one [UNK].</summary>
    private void WordPieces(string word, List<int> ids)
    {
        var first = ids.Count;
        if (word.EnumerateRunes().Count() > MaxWordLength)
        {
            ids.Add(vocabulary.Unknown);
            return;
        }
        var start = 0;
        while (start < word.Length)
        {
            // Pieces inside a word bear "##" in the vocabulary.
            var rest = start == 0 ? word : string.Concat("##", word.AsSpan(start));
            var length = rest.Length;
            int id;
            while (!vocabulary.TryGet(rest.AsSpan(0, length), out id))
            {
                length--;
                if (length == rest.Length - (word.Length - start))
                {
                    ids.RemoveRange(first, ids.Count - first);
                    ids.Add(vocabulary.Unknown);
                    return;
                }
            }
            ids.Add(id);
            start += length - (rest.Length - (word.Length - start));
        }
    }

    private static bool IsWhiteSpace(Rune rune) =>
        rune.Value is '\t' or '\n' or '\r' || Rune.GetUnicodeCategory(rune) is UnicodeCategory.SpaceSeparator
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static bool IsDropped(Rune rune) =>
        rune.Value is 0 or 0xFFFD || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate;

    /// <summary>Unicode's punctuation and every ASCII character that is no letter, digit or space, as in BERT.</summary>
    private static bool IsPunctuation(Rune rune) => rune.IsAscii
        ? rune.Value is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~')
        : Rune.IsPunctuation(rune);

    /// <summary>The CJK ideographs, each a word of its own in BERT; not kana or hangul.</summary>
    private static bool IsChinese(Rune rune) => rune.Value is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B820 and <= 0x2CEAF)
        or (>= 0x2F800 and <= 0x2FA1F);
}
