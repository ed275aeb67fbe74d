using System.Text.Json;
using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Text.Tests;

public sealed class BertTokenizerTests
{
    private static readonly Vocabulary _vocabulary = Vocabulary.Read(Golden.PathOf("bert-nano", "vocab.txt"), 187);

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, Golden.Json("tokenizer", "cases.json").GetProperty("cases").GetArrayLength())];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Encode_GoldenCase_SameIds(int index)
    {
        var reference = Golden.Json("tokenizer", "cases.json").GetProperty("cases")[index];
        int[] Ids(string name) => reference.GetProperty(name).Deserialize<int[]>()!;

        var tokens = new BertTokenizer(_vocabulary, reference.GetProperty("do_lower_case").GetBoolean())
            .Encode(reference.GetProperty("text").GetString()!);

        Assert.Equal(Ids("input_ids"), tokens.Ids);
        // The reference cuts the sequence including [SEP]; Truncate keeps [SEP], like the tokenizers used in training.
        Assert.Equal(Ids("input_ids_max_length_12"), tokens.Ids.Take(12));
    }

    [Theory]
    [InlineData("There is a mass.", int.MaxValue, 0)]
    [InlineData("a \U0001f600 mass \U0001f600", int.MaxValue, 2)]
    // What is cut is not counted.
    [InlineData("a \U0001f600 mass \U0001f600", 4, 1)]
    public void Encode_WordsBeyondTheVocabulary_AreCounted(string text, int maxTokens, int unknown) =>
        Assert.Equal(unknown, new BertTokenizer(_vocabulary, lowerCase: true).Encode(text, maxTokens).UnknownWords);

    [Theory]
    [InlineData("There is a mass.", false, "There|is|a|mass|.")]
    [InlineData("  cardiomegaly,\tT2-weighted\n", false, "cardiomegaly|,|T2|-|weighted")]
    [InlineData("Na\u00efve caf\u00e9 no\u0301 mass", true, "Na\u00efve|caf\u00e9|no\u0301|mass")] // accents are stripped, the spans keep them
    [InlineData("\U0001f600 chest \u80ba\u708e", false, "\U0001f600|chest|\u80ba|\u708e")]
    [InlineData("right\u200blung\u0000", false, "right\u200blung")] // dropped characters inside a word lie in its span
    [InlineData("[MASK] lesion [SEP] tail", false, "[MASK]|lesion|tail")]
    [InlineData("\u0130stanbul", true, "\u0130stanbul")]
    public void Encode_AnyText_SpansAreTheWords(string text, bool lowerCase, string words)
    {
        var tokens = new BertTokenizer(_vocabulary, lowerCase).Encode(text);

        Assert.Equal(words.Split('|'), tokens.Words.Select(w => text[w.Start..w.End]));
        // Every token but [CLS] and [SEP] belongs to exactly one word.
        var inWords = tokens.Words.SelectMany(w => Enumerable.Range(w.FirstToken, w.TokenCount)).ToArray();
        Assert.Equal(inWords.Distinct(), inWords);
        Assert.Equal(tokens.Ids.Count(id => id != _vocabulary.Start && id != _vocabulary.Separator), inWords.Length);
    }

    [Fact]
    public void Encode_LoneSurrogate_IsDropped()
    {
        var text = "mass \ud83d nodule";
        var tokens = new BertTokenizer(_vocabulary, lowerCase: false).Encode(text);
        Assert.Equal(["mass", "nodule"], tokens.Words.Select(w => text[w.Start..w.End]));
    }

    [Fact]
    public void Truncate_LongText_KeepsSeparatorAndCutsTheWord()
    {
        var tokens = new BertTokenizer(_vocabulary, lowerCase: false).Encode("mass cardiomegaly mass");

        var cut = tokens.Truncate(4);

        Assert.True(cut.Truncated);
        Assert.Equal([tokens.Ids[0], tokens.Ids[1], tokens.Ids[2], tokens.Ids[^1]], cut.Ids);
        Assert.Equal(new Word(5, 17, 2, 1), cut.Words[^1]);
        Assert.Same(tokens, tokens.Truncate(6));
        Assert.False(tokens.Truncated);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Encode_CutText_EqualsTheWholeTextCut(bool lowerCase)
    {
        var tokenizer = new BertTokenizer(_vocabulary, lowerCase);
        var random = new Random(20_261_127);
        string[] parts = ["mass", "cardiomegaly", "T2", " ", "\n", ".", "[MASK]", "[SEP]", "[CLS]", "[x", "\u00e9", "\u2260", "o\u0301", "\u200b",
            "\u80ba", "\ud83d", "\U0001f600", "\ufffd", new string('x', 99), new string('\u03b1', 101), "\uac00", "\u1fef", "7"];
        for (var i = 0; i < 3000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => parts[random.Next(parts.Length)]));
            var whole = tokenizer.Encode(text);
            foreach (var most in new[] { 3, 4, 12, 25 })
            {
                var (expected, cut) = (whole.Truncate(most), tokenizer.Encode(text, most));
                Assert.Equal(expected.Ids, cut.Ids);
                Assert.Equal(expected.Words, cut.Words);
                Assert.Equal(expected.Truncated, cut.Truncated);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Encode_AnyCharacterBehind100_EndsTheWordWhereItEndsAShortOne(bool lowerCase)
    {
        var tokenizer = new BertTokenizer(_vocabulary, lowerCase);
        var most = new string('x', 101);
        // All planes with assigned characters, without those of ideographs only.
        foreach (var value in Enumerable.Range(1, 0x1FFFF).Concat(Enumerable.Range(0x2F800, 0x220)).Concat(Enumerable.Range(0xE0000, 0x200)))
        {
            if (!System.Text.Rune.IsValid(value) || value == '[')
            {
                continue;
            }
            var character = new System.Text.Rune(value).ToString();
            // After one letter every character is normalised and classified; after 101, characters that cannot matter are skipped.
            var (near, far) = ("x" + character + "x", most + character + "x");

            var words = tokenizer.Encode(near).Words.Select(w => (w.Start, w.End));

            var shift = most.Length - 1;
            var expected = words.Select(w => (w.Start == 0 ? 0 : w.Start + shift, w.End + shift));
            Assert.True(expected.SequenceEqual(tokenizer.Encode(far).Words.Select(w => (w.Start, w.End))), $"U+{value:X4}");
        }
    }

    [Theory]
    [InlineData(".", 25)]
    [InlineData("x", 3)]
    [InlineData("\u03b1", 3)]
    [InlineData("mass ", 25)]
    public void Encode_Of15MillionCharacters_KeepsNothingOfThem(string part, int tokens)
    {
        var tokenizer = new BertTokenizer(_vocabulary, lowerCase: true);
        var text = string.Concat(Enumerable.Repeat(part, 15_000_000 / part.Length));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var encoded = tokenizer.Encode(text, 25);

        Assert.Equal(tokens, encoded.Ids.Count);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Theory]
    [InlineData("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\na\n", 7, "\"a\" is on lines 6 and 7")]
    [InlineData("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n", 5, "[MASK] is missing")]
    [InlineData("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n", 4, "5 wordpieces, but vocab_size in config.json is 4")]
    public void Vocabulary_Bad_SaysWhy(string content, int expected, string reason)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["vocab.txt"], content);
        var e = Assert.Throws<BundleException>(() => Vocabulary.Read(folder["vocab.txt"], expected));
        Assert.Contains(reason, e.Message);
        Assert.Contains(folder["vocab.txt"], e.Message);
    }
}
