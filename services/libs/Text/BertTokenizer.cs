using System.Buffers;
using System.Globalization;
using System.Text;

namespace MedMoE.Mesh.Text;

/// <summary>
/// BERT's tokenizer as in Hugging Face's fast tokenizers: cleaning, splitting at white space and punctuation, WordPiece. It also returns the position
/// of each word. Immutable and thread-safe; no text makes it throw.
/// </summary>
public sealed class BertTokenizer
{
    private readonly Vocabulary _vocabulary;
    private readonly BertNormalizer _normalizer;
    private readonly SearchValues<char> _firstOfAdded;

    /// <summary>With <paramref name="lowerCase"/>, accents are stripped and the text is lower-cased first.</summary>
    public BertTokenizer(Vocabulary vocabulary, bool lowerCase)
        : this(vocabulary, new TokenizerSettings { LowerCase = lowerCase })
    {
    }

    internal BertTokenizer(Vocabulary vocabulary, TokenizerSettings settings)
    {
        _vocabulary = vocabulary;
        _normalizer = new BertNormalizer(settings);
        _firstOfAdded = SearchValues.Create([.. vocabulary.Added.Select(t => t.Text[0])]);
    }

    /// <summary>
    /// Reads <c>vocab.txt</c> and the other tokenizer files of a Hugging Face folder or of a bundle's text part. Without <c>tokenizer_config.json</c>
    /// the text is lower-cased, as in Hugging Face for models without one, such as Bio_ClinicalBERT. The rows are those of the word embedding
    /// (<c>vocab_size</c>).
    /// </summary>
    /// <exception cref="BundleException">A file is missing or invalid, or a setting is not supported.</exception>
    public static BertTokenizer Read(string folder, int rows)
    {
        var settings = TokenizerFiles.Read(folder);
        var vocabulary = Vocabulary.Read(Path.Combine(folder, TokenizerFiles.Vocabulary), rows, settings);
        TokenizerJson.RequireSame(folder, settings, vocabulary);
        return new BertTokenizer(vocabulary, settings);
    }

    public bool LowersCase => _normalizer.LowersCase;

    /// <summary>Tokens of a whole text, with [CLS] and [SEP], and how many of them are [UNK].</summary>
    public (int Tokens, int Unknown) Count(string text)
    {
        var ids = Encode(text).Ids;
        return (ids.Count, ids.Count(id => id == _vocabulary.Unknown));
    }

    public int Padding => _vocabulary.Padding;

    /// <summary>
    /// A text's tokens, truncated to <paramref name="maxTokens"/> (3 or more, with [CLS] and [SEP]). The rest of the text is not read. The text of a
    /// special or added token counts as that token, as in Hugging Face's tokenizers.
    /// </summary>
    public Tokens Encode(string text, int maxTokens = int.MaxValue)
    {
        var ids = new List<int> { _vocabulary.Start };
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
        // With one token more than fits before [SEP], the text is truncated in any case.
        for (var at = 0; at < text.Length && ids.Count < maxTokens;)
        {
            if (_firstOfAdded.Contains(text[at]) && AddedAt(text, at) is { Text: not null } added)
            {
                Flush();
                if (added.Id != _vocabulary.Start && added.Id != _vocabulary.Separator)
                {
                    words.Add(new Word(at, at + added.Text.Length, ids.Count, 1));
                }
                ids.Add(added.Id);
                at += added.Text.Length;
                continue;
            }
            // A lone surrogate decodes as U+FFFD, which cleaning drops.
            Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out var length);
            var next = at + length;
            if (BertNormalizer.IsWhiteSpace(rune))
            {
                Flush();
            }
            else if (word.IsTooLong && _normalizer.IsInsideWords(rune))
            {
                word.End = next;
            }
            else if (!BertNormalizer.IsDropped(rune))
            {
                Read(rune, at, next, word, Flush);
            }
            at = next;
        }
        Flush();
        ids.Add(_vocabulary.Separator);
        var tokens = new Tokens(ids, words).Truncate(maxTokens);
        return tokens with { UnknownWords = tokens.Words.Count(known => tokens.Ids[known.FirstToken] == _vocabulary.Unknown) };
    }

    /// <summary>The longest match.</summary>
    private (string Text, int Id) AddedAt(string text, int at) =>
        _vocabulary.Added.FirstOrDefault(t => string.CompareOrdinal(text, at, t.Text, 0, t.Text.Length) == 0);

    /// <summary>Adds a character to the current word; a character that is a word of its own ends it.</summary>
    private void Read(Rune rune, int at, int next, UnfinishedWord word, Action flush)
    {
        foreach (var normalised in _normalizer.Normalise(rune))
        {
            var alone = BertNormalizer.IsPunctuation(normalised) || _normalizer.StandsAlone(rune);
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
        // A stripped accent still belongs to its word.
        if (!word.IsEmpty && Rune.GetUnicodeCategory(rune) == UnicodeCategory.NonSpacingMark)
        {
            word.End = next;
        }
    }

    /// <summary>Greedy longest match first; a word that is too long or has no matching pieces is one [UNK].</summary>
    private void WordPieces(UnfinishedWord unfinished, List<int> ids)
    {
        var first = ids.Count;
        if (unfinished.IsTooLong)
        {
            ids.Add(_vocabulary.Unknown);
            return;
        }
        var word = _normalizer.Order(unfinished.Text);
        var start = 0;
        while (start < word.Length)
        {
            // Pieces inside a word start with "##" in the vocabulary.
            var rest = start == 0 ? word : string.Concat("##", word.AsSpan(start));
            var length = rest.Length;
            int id;
            while (!_vocabulary.TryGet(rest.AsSpan(0, length), out id))
            {
                length--;
                if (length == rest.Length - (word.Length - start))
                {
                    ids.RemoveRange(first, ids.Count - first);
                    ids.Add(_vocabulary.Unknown);
                    return;
                }
            }
            ids.Add(id);
            start += length - (rest.Length - (word.Length - start));
        }
    }
}
