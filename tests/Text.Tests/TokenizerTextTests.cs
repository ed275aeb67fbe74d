
namespace MedMoE.Mesh.Text.Tests;

/// <summary>Unusual texts that must still be handled.</summary>
public sealed class TokenizerTextTests
{
    private static readonly string[] _configs =
    [
        """{ "do_lower_case": true }""", """{ "do_lower_case": false }""", """{ "do_lower_case": true, "strip_accents": false }""",
        """{ "do_lower_case": false, "strip_accents": true, "tokenize_chinese_chars": false }""",
    ];

    public static TheoryData<string> Configs => [.. _configs];

    [Theory]
    [MemberData(nameof(Configs))]
    public void Encode_EveryCodeUnitAndCodePoint_NeverThrows(string config)
    {
        var tokenizer = Tokenizer(config);
        for (var c = 0; c <= 0x10FFFF; c++)
        {
            // Includes unpaired surrogates.
            var character = c <= 0xFFFF ? $"{(char)c}" : char.ConvertFromUtf32(c);
            RequireWhole($"a{character}b", tokenizer.Encode($"a{character}b"));
        }
    }

    [Theory]
    [MemberData(nameof(Configs))]
    public void Encode_RandomCodeUnits_SpansStayInsideTheText(string config)
    {
        var tokenizer = Tokenizer(config);
        var random = new Random(20_261_127);
        char[] common = ['a', 'B', ' ', '.', '[', '\u0301', '\ufffe', '\ud83d', '\ude00', '\u0130', '\u302e', '\u00d6', '\0', '\n'];
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Create(random.Next(60), random, (span, r) =>
            {
                foreach (ref var c in span)
                {
                    c = r.Next(2) == 0 ? (char)r.Next(0x10000) : common[r.Next(common.Length)];
                }
            });
            RequireWhole(text, tokenizer.Encode(text));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Encode_NonCharacter_IsAWordThatNobodyKnows(bool lowerCase)
    {
        var tokenizer = Tokenizer($$"""{ "do_lower_case": {{(lowerCase ? "true" : "false")}} }""");
        Assert.Equal([2, 5, 1, 5, 3], tokenizer.Encode("mass \ufffe mass").Ids);
        Assert.Equal([2, 5, 1, 3], tokenizer.Encode("mass \ufffemass").Ids);
        Assert.Equal([2, 5, 1, 3], tokenizer.Encode("mass \u00e9\ufffe\u0301mass").Ids);
    }

    [Theory]
    [InlineData("\u0130nfarct")] // İ is I and a dot above, which is an accent
    [InlineData("I\u0307nfarct")]
    [InlineData("INF\u00c1RCT")]
    public void Encode_AccentedCapitals_AreThePlainWord(string word)
    {
        var tokenizer = Tokenizer("""{ "do_lower_case": true }""");
        Assert.Equal([2, 6, 3], tokenizer.Encode("infarct").Ids);
        Assert.Equal([2, 6, 3], tokenizer.Encode(word).Ids);
    }

    [Fact]
    public void Encode_DottedCapital_KeepsItsDotWhereAccentsStay()
    {
        var tokenizer = Tokenizer("""{ "do_lower_case": true, "strip_accents": false }""");
        Assert.Equal([2, 7, 3], tokenizer.Encode("\u0130nfarct").Ids);
        Assert.Equal([2, 7, 3], tokenizer.Encode("I\u0307NFARCT").Ids);
    }

    /// <summary>U+302E and U+1D165 are marks that are kept, and whose order changes when decomposed.</summary>
    [Fact]
    public void Encode_MarksOutOfOrder_StandAsDecomposed()
    {
        var tokenizer = Tokenizer("""{ "do_lower_case": true }""");
        Assert.Equal([2, 8, 3], tokenizer.Encode("a\U0001d165\u302e").Ids);
        Assert.Equal([2, 8, 3], tokenizer.Encode("a\u302e\u0301\U0001d165").Ids);
    }

    private static BertTokenizer Tokenizer(string config)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["vocab.txt"],
            ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "mass", "infarct", "i\u0307nfarct", "a\U0001d165\u302e", "a", "##b"]);
        File.WriteAllText(folder["tokenizer_config.json"], config);
        return BertTokenizer.Read(folder.Path, 11);
    }

    private static void RequireWhole(string text, Tokens tokens)
    {
        var first = 1;
        foreach (var word in tokens.Words)
        {
            Assert.True(word.Start >= 0 && word.Start < word.End && word.End <= text.Length, text);
            Assert.True(word.FirstToken >= first && word.TokenCount > 0 && word.FirstToken + word.TokenCount < tokens.Ids.Count, text);
            first = word.FirstToken + word.TokenCount;
        }
        Assert.All(tokens.Ids, id => Assert.InRange(id, 0, 10));
    }
}
