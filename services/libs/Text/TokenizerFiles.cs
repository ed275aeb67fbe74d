using System.Text.Json;

namespace MedMoE.Mesh.Text;

/// <summary>
/// Reads the settings of a BERT tokenizer as Hugging Face does. A setting that would change ids and is not supported is a fault; settings that cannot
/// change ids (lengths, manual padding, decoding, templates) are ignored.
/// </summary>
internal static class TokenizerFiles
{
    public const string Vocabulary = "vocab.txt";
    public const string Config = "tokenizer_config.json";
    public const string SpecialTokens = "special_tokens_map.json";
    public const string AddedTokens = "added_tokens.json";

    /// <exception cref="BundleException">A file cannot be read or has unsupported settings; all its faults are listed.</exception>
    public static TokenizerSettings Read(string folder)
    {
        ConfigFile Open(string name) => ConfigFile.ReadIfThere(Path.Combine(folder, name));
        var (config, map, added) = (Open(Config), Open(SpecialTokens), Open(AddedTokens));
        RequireBert(config, Open("config.json"));
        RequireDefaults(config);
        var tokens = new TokenFiles(config, map, added);
        var settings = new TokenizerSettings
        {
            LowerCase = config.Bool("do_lower_case", true),
            CaseIsGiven = config.Element("do_lower_case") is not null,
            StripAccents = config.Element("strip_accents") is null ? null : config.Bool("strip_accents", true),
            SplitIdeographs = config.Bool("tokenize_chinese_chars", true),
            Special = tokens.Special,
            Added = tokens.Added(),
        };
        RequireNeverSplit(config, settings);
        config.ThrowOnFaults();
        map.ThrowOnFaults();
        added.ThrowOnFaults();
        return settings;
    }

    private static void RequireBert(ConfigFile config, ConfigFile model)
    {
        // Without tokenizer_class, the model's configuration decides.
        var file = config.Element("tokenizer_class") is null ? model : config;
        if (file.Element("tokenizer_class") is { } name && name.ToString() is not ("BertTokenizer" or "BertTokenizerFast"))
        {
            file.Fault($"tokenizer_class is {name.GetRawText()}, only BertTokenizer is supported");
            file.ThrowOnFaults();
        }
        if (config.Element("auto_map") is { ValueKind: JsonValueKind.Object } map && map.TryGetProperty("AutoTokenizer", out _))
        {
            config.Fault("auto_map names a tokenizer with custom code, which is not supported");
        }
    }

    private static void RequireDefaults(ConfigFile config)
    {
        void Require(string name, string supported)
        {
            if (config.Element(name) is { } value && value.GetRawText() != supported)
            {
                config.Fault($"{name} is {value.GetRawText()}, only {supported} is supported");
            }
        }
        Require("do_basic_tokenize", "true");
        Require("clean_text", "true");
        Require("wordpieces_prefix", "\"##\"");
        Require("split_special_tokens", "false");
        Require("padding_side", "\"right\"");
        Require("truncation_side", "\"right\"");
    }

    /// <summary>Hugging Face's fast tokenizers ignore it, the others do not. Both give equal results if it has only special tokens.</summary>
    private static void RequireNeverSplit(ConfigFile config, TokenizerSettings settings)
    {
        if (config.Element("never_split") is { } kept && (kept.ValueKind != JsonValueKind.Array
            || kept.EnumerateArray().Any(e => e.ValueKind != JsonValueKind.String || !settings.Special.All.Contains(e.GetString()))))
        {
            config.Fault($"never_split is {kept.GetRawText()}, only special tokens are supported there");
        }
    }
}
