using System.Text;
using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Text.Tests;

/// <summary>The files next to vocab.txt: each setting is followed as in Hugging Face, or named in an error of one line.</summary>
public sealed class TokenizerFilesTests : IDisposable
{
    private const string Config = "tokenizer_config.json";
    private const string Map = "special_tokens_map.json";
    private const string Added = "added_tokens.json";
    private const string Json = "tokenizer.json";

    private readonly TemporaryFolder _folder = new();

    public TokenizerFilesTests() => Vocabulary(
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "\u00f6dem", "odem", "\u00d6dem", "\u80ba\u708e", "<s>", "</s>",
        "<p>", "<u>", "[AGE]", "x", "##[");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("{}", "\u00d6dem", 6)]
    [InlineData("""{ "do_lower_case": true, "strip_accents": null }""", "\u00d6dem", 6)]
    [InlineData("""{ "do_lower_case": true, "strip_accents": false }""", "\u00d6dem", 5)]
    [InlineData("""{ "do_lower_case": false }""", "\u00d6dem", 7)]
    [InlineData("""{ "do_lower_case": false, "strip_accents": true }""", "\u00f6dem", 6)]
    [InlineData("""{ "tokenize_chinese_chars": false }""", "\u80ba\u708e", 8)]
    public void Read_HowTextIsNormalised_IsFollowed(string config, string text, int id)
    {
        Write(Config, config);
        Assert.Equal([2, id, 3], Read().Encode(text).Ids);
    }

    [Theory]
    [InlineData("\"<s>\"")]
    [InlineData("""{ "__type": "AddedToken", "content": "<s>", "lstrip": true, "rstrip": false, "normalized": false, "single_word": false }""")]
    public void Read_OtherNamesOfSpecialTokens_AreTheOnesInUse(string start)
    {
        Write(Config, $$"""{ "cls_token": {{start}}, "sep_token": "</s>", "pad_token": "<p>", "unk_token": "<u>" }""");

        var tokenizer = Read();

        Assert.Equal([9, 6, 12, 10], tokenizer.Encode("odem unheard").Ids);
        Assert.Equal(11, tokenizer.Padding);
        // The usual names are plain text now: "[", "CLS", "]".
        Assert.Equal([9, 9, 12, 12, 12, 10, 10], tokenizer.Encode("<s>[CLS]</s>").Ids);
    }

    [Fact]
    public void Read_NamesInTheMapAlone_AreTheOnesInUse()
    {
        Write(Map, """{ "cls_token": { "content": "<s>" }, "additional_special_tokens": ["[AGE]"] }""");
        Assert.Equal([9, 14, 13, 14, 3], Read().Encode("x[AGE]x").Ids);
    }

    [Theory]
    [InlineData(Config, """{ "additional_special_tokens": ["[AGE]"] }""", 13)]
    [InlineData(Config, """{ "extra_special_tokens": { "age": "[AGE]" } }""", 13)]
    [InlineData(Config, """{ "added_tokens_decoder": { "13": { "content": "[AGE]", "normalized": false, "special": false } } }""", 13)]
    [InlineData(Config, """{"added_tokens_decoder":{"16":{"content": "[AG", "special": true},"13":{"content": "[AGE]", "special": true} } }""", 13)]
    [InlineData(Added, """{ "[AGE": 16 }""", 16, """{ "additional_special_tokens": ["[AGE"] }""")]
    public void Read_AddedTokens_AreFoundInTheTextAsItStands(string file, string content, int id, string? config = null)
    {
        Write(Config, config ?? "{}");
        Write(file, content);
        Assert.Equal([2, 14, id], Read(rows: 17).Encode("X[AGE]x").Ids.Take(3));
        Assert.Equal([2, 14, 1], Read(rows: 17).Encode("X[age]x").Ids.Take(3));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Read_WhiteSpaceThatATokenTakesAlong_HasNoIds(bool before, bool behind)
    {
        Write(Config, $$"""
            { "added_tokens_decoder": { "13": { "content": "[AGE]", "special": true, "lstrip": {{(before ? "true" : "false")}},
              "rstrip": {{(behind ? "true" : "false")}} } } }
            """);
        Assert.Equal([2, 14, 13, 13, 14, 3], Read().Encode("x \t[AGE] \n [AGE]\u00a0 x").Ids);
    }

    [Theory]
    [InlineData(Config, """{ "never_split": ["COVID-19"] }""", "never_split is [\"COVID-19\"]")]
    [InlineData(Config, """{ "do_basic_tokenize": false }""", "do_basic_tokenize is false, only true")]
    [InlineData(Config, """{ "strip_accents": "no" }""", "strip_accents is \"no\"")]
    [InlineData(Config, """{ "tokenizer_class": "BertJapaneseTokenizer" }""", "tokenizer_class is \"BertJapaneseTokenizer\"")]
    [InlineData("config.json", """{ "tokenizer_class": "RobertaTokenizer" }""", "tokenizer_class is \"RobertaTokenizer\"")]
    [InlineData(Config, """{ "auto_map": { "AutoTokenizer": ["own.CXRBertTokenizer", null] } }""", "auto_map")]
    [InlineData(Config, """{ "truncation_side": "left" }""", "truncation_side is \"left\"")]
    [InlineData(Config, """{ "padding_side": "left" }""", "padding_side is \"left\"")]
    [InlineData(Config, """{ "wordpieces_prefix": "@@" }""", "wordpieces_prefix is \"@@\"")]
    [InlineData(Config, """{ "split_special_tokens": true }""", "split_special_tokens is true")]
    [InlineData(Config, """{ "mask_token": null }""", "mask_token is null")]
    [InlineData(Config, """{ "cls_token": 7 }""", "cls_token is 7, expected a token")]
    [InlineData(Config, """{ "cls_token": { "content": "[CLS]", "normalized": true } }""", "\"[CLS]\" is matched in the normalised text")]
    [InlineData(Config, """{ "added_tokens_decoder": { "14": { "content": "x", "special": false } } }""", "added_tokens_decoder \"14\", \"x\"")]
    [InlineData(Config, """{ "added_tokens_decoder": { "14": { "content": "x", "special": true, "single_word": true } } }""", "single_word")]
    [InlineData(Config, """{ "added_tokens_decoder": { "13": { "content": "[AGE]", "special": true, "normalized": "true" } } }""",
        "added_tokens_decoder \"13\", \"[AGE]\" has normalized \"true\", expected true or false")]
    [InlineData(Config, """{ "cls_token": { "content": "[CLS]", "normalized": false, "single_word": 1 } }""",
        "\"[CLS]\" has single_word 1, expected")]
    [InlineData(Map, """{ "additional_special_tokens": [{ "content": "[AGE]", "special": 1 }] }""", "\"[AGE]\" has special 1, expected")]
    [InlineData(Map, """{ "sep_token": { "content": "[SEP]", "lstrip": "no" } }""", "\"[SEP]\" has lstrip \"no\", expected")]
    [InlineData(
        Config, """{ "added_tokens_decoder": { "a": { "content": "x", "special": true } } }""", "\"a\" has no integer of 0 or more as its key")]
    [InlineData(Config, """{ "added_tokens_decoder": [] }""", "added_tokens_decoder is not an object")]
    [InlineData(Config, """{ "additional_special_tokens": 1 }""", "additional_special_tokens is 1")]
    [InlineData(Config, """{ "x": "\ud83d" }""", "not valid Unicode")]
    [InlineData(Map, """{ "cls_token": "<s>", "sep_token": "[CLS" }""", "[CLS is missing", "vocab.txt")]
    [InlineData(Added, """{ "lesion": 16 }""", "\"lesion\" is matched in the normalised text")]
    [InlineData(Added, """{ "lesion": "16" }""", "\"lesion\" is \"16\", expected an integer")]
    public void Read_WhatIsNotSupported_IsNamed(string file, string content, string reason, string? blamed = null)
    {
        Write(file, content);
        AssertRefused(blamed ?? file, reason);
    }

    [Theory]
    [InlineData("""{ "cls_token": "[CLS]" }""", """{ "cls_token": "<s>" }""")]
    [InlineData("""{ "added_tokens_decoder": {} }""", """{ "cls_token": "<s>" }""")]
    public void Read_FilesThatContradictEachOther_AreRefused(string config, string map)
    {
        Write(Config, config);
        Write(Map, map);
        var e = Assert.Throws<BundleException>(() => Read());
        Assert.Contains("cls_token is ", e.Message);
    }

    [Theory]
    [InlineData(17, 17, "\"[AG\" has number 17, but would get 16")]
    [InlineData(16, 16, "17 tokens with the added token \"[AG\", but vocab_size in config.json is 16")]
    public void Read_AddedTokenBeyondTheVocabulary_MustBeTheNextRow(int id, int rows, string reason)
    {
        Write(Config, $$"""{ "added_tokens_decoder": { "{{id}}": { "content": "[AG", "special": true } } }""");
        var e = Assert.Throws<BundleException>(() => Read(rows));
        Assert.Contains(reason, e.Message);
    }

    [Fact]
    public void Read_WhatCannotChangeIds_IsPassedOver()
    {
        Write(Config, """
            { "model_max_length": 512, "max_len": 512, "name_or_path": "x", "clean_up_tokenization_spaces": true, "never_split": ["[MASK]"],
              "tokenizer_class": null, "pad_token_type_id": 0, "processor_class": "x", "special_tokens_map_file": null, "chat_template": "x",
              "use_fast": false, "stride": 0, "model_input_names": ["input_ids"],
              "do_basic_tokenize": true, "padding_side": "right", "truncation_side": "right", "bos_token": null }
            """);
        Write(Map, """{ "cls_token": "[CLS]", "unk_token": { "content": "[UNK]", "normalized": false } }""");
        Assert.Equal([2, 6, 3], Read().Encode("Odem").Ids);
    }

    [Theory]
    [InlineData("\"lowercase\":true", "\"lowercase\":false", "normalizer.lowercase is false")]
    [InlineData("\"strip_accents\":null", "\"strip_accents\":false", "normalizer.strip_accents is false")]
    [InlineData("BertNormalizer", "NFKC", "normalizer.type is \"NFKC\"")]
    [InlineData("BertPreTokenizer", "Whitespace", "pre_tokenizer.type is \"Whitespace\"")]
    [InlineData("WordPiece", "BPE", "model.type is \"BPE\"")]
    [InlineData("\"odem\":6", "\"odem\":7", "model.vocab maps \"odem\" to 7")]
    [InlineData("\"odem\":6,", "", "model.vocab has 15 pieces, vocab.txt 16")]
    [InlineData("\"[AGE]\",\"normalized\":false", "\"[AGE]\",\"normalized\":true", "\"[AGE]\" as normalized")]
    [InlineData("\"[AGE]\",\"normalized\":false", "\"[AGE]\",\"normalized\":1", "\"[AGE]\" with normalized 1, expected true or false")]
    [InlineData("\"id\":13", "\"id\":14", "added_tokens has \"[AGE]\" as 14")]
    [InlineData("\"SpecialToken\":{\"id\":\"[SEP]\"", "\"SpecialToken\":{\"id\":\"[MASK]\"", "post_processor")]
    [InlineData("\"model\":{", "\"other\":{", "model.type is missing")]
    public void Read_TokenizerJson_MustSayTheSame(string part, string other, string reason)
    {
        Write(Config, """{ "additional_special_tokens": ["[AGE]"] }""");
        var json = TokenizerJson();
        Write(Json, json);
        Assert.Equal([2, 13, 3], Read().Encode("[AGE]").Ids);

        Assert.Contains(part, json);
        Write(Json, json.Replace(part, other));
        AssertRefused(Json, reason);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n\r\n")]
    [InlineData("")]
    public void Read_EmptyLinesAtTheEnd_AreNoPieces(string end)
    {
        File.AppendAllText(_folder["vocab.txt"], end);
        Assert.Equal([2, 6, 3], Read(rows: 16).Encode("odem").Ids);
    }

    [Fact]
    public void Read_ByteOrderMark_IsNoPartOfTheFirstPiece()
    {
        File.WriteAllText(_folder["vocab.txt"], File.ReadAllText(_folder["vocab.txt"]), new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        Assert.Equal([2, 6, 3], Read().Encode("odem").Ids);
    }

    [Fact]
    public void Read_VocabularyInAnotherEncoding_IsRefused()
    {
        File.WriteAllText(_folder["vocab.txt"], File.ReadAllText(_folder["vocab.txt"]).Replace("\u80ba\u708e", "y"), Encoding.Latin1);
        AssertRefused("vocab.txt", "not UTF-8: line 6");
        File.WriteAllText(_folder["vocab.txt"], "[PAD]\n", Encoding.Unicode);
        AssertRefused("vocab.txt", "not UTF-8: line 1");
    }

    [Fact]
    public void Read_TokenizerJsonAlone_TellsWhatToDo()
    {
        File.Delete(_folder["vocab.txt"]);
        AssertRefused("vocab.txt", "no such file");
        Write(Json, TokenizerJson());
        AssertRefused("vocab.txt", "tokenizer.json exists: write the pieces");
    }

    [Fact]
    public void Read_MoreRowsThanPieces_SameIds()
    {
        Assert.Equal(Read(rows: 16).Encode("odem x").Ids, Read(rows: 64).Encode("odem x").Ids);
        var e = Assert.Throws<BundleException>(() => Read(rows: 15));
        Assert.Contains("16 wordpieces, but vocab_size in config.json is 15", e.Message);
    }

    private static string TokenizerJson() => """
        {"added_tokens":[{"id":2,"content":"[CLS]","normalized":false,"single_word":false},{"id":13,"content":"[AGE]","normalized":false}],
         "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
         "pre_tokenizer":{"type":"BertPreTokenizer"},
         "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},
           {"SpecialToken":{"id":"[SEP]","type_id":0}}]},
         "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
           "vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"[MASK]":4,"\u00f6dem":5,"odem":6,"\u00d6dem":7,"\u80ba\u708e":8,"<s>":9,"</s>":10,
             "<p>":11,"<u>":12,"[AGE]":13,"x":14,"##[":15}}}
        """;

    private void Vocabulary(params string[] pieces) => File.WriteAllLines(_folder["vocab.txt"], pieces);

    private void Write(string file, string content) => File.WriteAllText(_folder[file], content);

    private BertTokenizer Read(int rows = 16) => BertTokenizer.Read(_folder.Path, rows);

    private void AssertRefused(string file, string reason)
    {
        var e = Assert.Throws<BundleException>(() => Read());
        Assert.Contains(_folder[file], e.Message);
        Assert.Contains(reason, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }
}
