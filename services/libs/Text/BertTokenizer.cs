using System.Buffers;
using System.Globalization;
using System.Text;
using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Text;

/// <summary>
/// BERT's tokenizer: cleaning, splitting at white space and punctuation, WordPiece, as Hugging Face's fast tokenizers do it, and
/// where in the text each word stands. Immutable and thread-safe; no text makes it throw.
/// </summary>
public sealed class BertTokenizer
{
    private readonly Vocabulary _vocabulary;
    private readonly BertNormalizer _normalizer;
    private readonly SearchValues<char> _firstOfAdded;

    /// <param name="vocabulary">The wordpieces, special and added tokens.</param>
    /// <param name="lowerCase">Whether to strip accents and lower the case first.</param>
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
    /// Reads <c>vocab.txt</c> and the files beside it. Without <c>tokenizer_config.json</c> the tokenizer lowers the case: that is what
    /// Hugging Face does for models that ship none, as Bio_ClinicalBERT.
    /// </summary>
    /// <param name="folder">A Hugging Face folder, or the text part of a bundle.</param>
    /// <param name="rows">Rows of the encoder's word embedding, the <c>vocab_size</c> of its configuration.</param>
    /// <exception cref="BundleException">A file is missing, not what it should be, or asks for what is not supported.</exception>
    public static BertTokenizer Read(string folder, int rows)
    {
        var settings = TokenizerFiles.Read(folder);
        var vocabulary = Vocabulary.Read(Path.Combine(folder, TokenizerFiles.Vocabulary), rows, settings);
        TokenizerJson.RequireSame(folder, settings, vocabulary);
        return new BertTokenizer(vocabulary, settings);
    }

    public int Padding => _vocabulary.Padding;

    /// <summary>
    /// A text's tokens, cut where there are more than <paramref name="maxTokens"/>. Reading stops there: what follows changes nothing. Names of
    /// special and added tokens in the text count as these, as Hugging Face's tokenizers have it.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="maxTokens">Tokens at most, [CLS] and [SEP] included, 3 or more; by default all of them.</param>
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
        // With one token more than fit in front of [SEP], the text is cut whatever comes.
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
        return new Tokens(ids, words).Truncate(maxTokens);
    }

    /// <summary>The longest one, where several begin there.</summary>
    private (string Text, int Id) AddedAt(string text, int at) =>
        _vocabulary.Added.FirstOrDefault(t => string.CompareOrdinal(text, at, t.Text, 0, t.Text.Length) == 0);

    /// <summary>Adds a character to the word that is being read, and ends it where the character is a word of its own.</summary>
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
        // A stripped accent still belongs to the word it stood on.
        if (!word.IsEmpty && Rune.GetUnicodeCategory(rune) == UnicodeCategory.NonSpacingMark)
        {
            word.End = next;
        }
    }

    /// <summary>Greedy longest match first; a word that is too long or cannot be composed is one [UNK].</summary>
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
            // Pieces inside a word bear "##" in the vocabulary.
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
