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

    /// <summary>
    /// A text's tokens, cut where there are more than <paramref name="maxTokens"/>. Reading stops there: what follows changes nothing. Names of
    /// special tokens in the text count as these, as Hugging Face's tokenizers have it.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="maxTokens">Tokens at most, [CLS] and [SEP] included, 3 or more; by default all of them.</param>
    public Tokens Encode(string text, int maxTokens = int.MaxValue)
    {
        var ids = new List<int> { vocabulary.Start };
        var words = new List<Word>();
        var word = new UnfinishedWord();
        void Flush()
        {
            if (!word.IsEmpty)
            {
                var first = ids.Count;
                WordPieces(word, ids);
                words.Add(new Word(word.Start, word.End, first, ids.Count - first));
                word.Clear();
            }
        }
        // With one token more than fit in front of [SEP], the text is cut whatever comes.
        for (var at = 0; at < text.Length && ids.Count < maxTokens;)
        {
            if (text[at] == '[' && SpecialAt(text, at) is { Text: not null } special)
            {
                Flush();
                if (special.Id != vocabulary.Start && special.Id != vocabulary.Separator)
                {
                    words.Add(new Word(at, at + special.Text.Length, ids.Count, 1));
                }
                ids.Add(special.Id);
                at += special.Text.Length;
                continue;
            }
            // A lone surrogate decodes as U+FFFD, which cleaning drops.
            Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out var length);
            var next = at + length;
            if (IsWhiteSpace(rune))
            {
                Flush();
            }
            else if (word.IsTooLong && IsInsideWords(rune))
            {
                word.End = next;
            }
            else if (!IsDropped(rune))
            {
                Read(rune, at, next, word, Flush);
            }
            at = next;
        }
        Flush();
        ids.Add(vocabulary.Separator);
        return new Tokens(ids, words).Truncate(maxTokens);
    }

    private (string Text, int Id) SpecialAt(string text, int at) =>
        Array.Find(_specials, s => string.CompareOrdinal(text, at, s.Text, 0, s.Text.Length) == 0);

    /// <summary>Adds a character to the word that is being read, and ends it where the character is a word of its own.</summary>
    private void Read(Rune rune, int at, int next, UnfinishedWord word, Action flush)
    {
        foreach (var normalised in Normalise(rune))
        {
            var alone = IsPunctuation(normalised) || IsChinese(normalised);
            if (alone)
            {
                flush();
            }
            word.Append(normalised, at, next);
            if (alone)
            {
                flush();
            }
        }
        // A stripped accent still belongs to the word it stood on.
        if (!word.IsEmpty && Rune.GetUnicodeCategory(rune) == UnicodeCategory.NonSpacingMark)
        {
            word.End = next;
        }
    }

    /// <summary>The character itself or, lowering the case, its decomposition without accents.</summary>
    private IEnumerable<Rune> Normalise(Rune rune)
    {
        // U+FFFE is the one code point that .NET refuses to normalise.
        if (!lowerCase || rune.Value == 0xFFFE)
        {
            return [rune];
        }
        // NFD reorders accents only, which go anyway, so that one character at a time gives what the whole text would.
        return rune.ToString().ToLowerInvariant().Normalize(NormalizationForm.FormD).EnumerateRunes()
            .Where(r => Rune.GetUnicodeCategory(r) != UnicodeCategory.NonSpacingMark);
    }

    /// <summary>Greedy longest match first; a word that is too long or cannot be composed is one [UNK].</summary>
    private void WordPieces(UnfinishedWord unfinished, List<int> ids)
    {
        var first = ids.Count;
        if (unfinished.IsTooLong)
        {
            ids.Add(vocabulary.Unknown);
            return;
        }
        var word = unfinished.Text;
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

    /// <summary>
    /// Whether a character goes on with a word for certain, however it is normalised: a letter, digit or mark never becomes white space or
    /// punctuation. Symbols may: "≠" becomes "=".
    /// </summary>
    private static bool IsInsideWords(Rune rune) => (Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark) && !IsChinese(rune);

    /// <summary>Unicode's punctuation and every ASCII character that is no letter, digit or space, as in BERT.</summary>
    private static bool IsPunctuation(Rune rune) => rune.IsAscii
        ? rune.Value is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~')
        : Rune.IsPunctuation(rune);

    /// <summary>The CJK ideographs, each a word of its own in BERT; not kana or hangul.</summary>
    private static bool IsChinese(Rune rune) => rune.Value is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B820 and <= 0x2CEAF)
        or (>= 0x2F800 and <= 0x2FA1F);
}
