using System.Text.Json;

namespace MedMoE.Mesh.Text;

/// <summary>
/// <c>tokenizer.json</c>, which repeats all settings, and which some versions of Hugging Face read instead of the other files. Its contents must
/// agree with them, so that a folder is unambiguous.
/// </summary>
internal sealed class TokenizerJson
{
    private const string Name = "tokenizer.json";

    private readonly ConfigFile _json;

    private TokenizerJson(ConfigFile json) => _json = json;

    /// <summary>Advice for a missing <c>vocab.txt</c>; null if this file is missing, too.</summary>
    public static string? Hint(string folder) => File.Exists(Path.Combine(folder, Name))
        ? $"{Name} exists: write the pieces of its model.vocab into {TokenizerFiles.Vocabulary}, one per line, ordered by number"
        : null;

    /// <exception cref="BundleException">The file exists and differs from the others; every difference is listed.</exception>
    public static void RequireSame(string folder, TokenizerSettings settings, Vocabulary vocabulary)
    {
        var path = Path.Combine(folder, Name);
        if (File.Exists(path))
        {
            var file = new TokenizerJson(ConfigFile.Read(path));
            file.RequireNormalizer(settings);
            file.RequirePieces(settings.Special, vocabulary);
            file.RequireAdded(vocabulary);
            file.RequireFrame(settings.Special);
            file._json.ThrowOnFaults();
        }
    }

    private void RequireNormalizer(TokenizerSettings settings)
    {
        Require("BertNormalizer", "normalizer", "type");
        Require(true, "normalizer", "clean_text");
        Require(settings.SplitIdeographs, "normalizer", "handle_chinese_chars");
        Require(settings.LowerCase, "normalizer", "lowercase");
        if (At("normalizer", "strip_accents") is { ValueKind: not JsonValueKind.Null })
        {
            Require(settings.StripAccents ?? settings.LowerCase, "normalizer", "strip_accents");
        }
        else if (settings.StripAccents is { } strip && strip != settings.LowerCase)
        {
            Require(strip, "normalizer", "strip_accents");
        }
        Require("BertPreTokenizer", "pre_tokenizer", "type");
    }

    private void RequirePieces(SpecialTokens special, Vocabulary vocabulary)
    {
        Require("WordPiece", "model", "type");
        Require("##", "model", "continuing_subword_prefix");
        Require(UnfinishedWord.MaxLength, "model", "max_input_chars_per_word");
        Require(special.Unknown, "model", "unk_token");
        var pieces = At("model", "vocab") is { ValueKind: JsonValueKind.Object } vocab ? vocab.EnumerateObject().ToArray() : [];
        if (Array.FindIndex(pieces, p => !vocabulary.TryGet(p.Name, out var id) || p.Value.GetRawText() != $"{id}") is var first and >= 0)
        {
            var (name, number) = (pieces[first].Name, pieces[first].Value.GetRawText());
            _json.Fault($"model.vocab maps \"{name}\" to {number}, unlike {TokenizerFiles.Vocabulary}");
        }
        else if (pieces.Length != vocabulary.Count)
        {
            _json.Fault($"model.vocab has {pieces.Length} pieces, {TokenizerFiles.Vocabulary} {vocabulary.Count}");
        }
    }

    private void RequireAdded(Vocabulary vocabulary)
    {
        var tokens = At("added_tokens") is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().ToArray() : [];
        foreach (var token in tokens)
        {
            string Raw(string name) => token.ValueKind == JsonValueKind.Object && token.TryGetProperty(name, out var value) ? value.ToString() : "";
            var (content, id) = (Raw("content"), Raw("id"));
            if (!vocabulary.Added.Any(t => t.Text == content && $"{t.Id}" == id))
            {
                _json.Fault($"added_tokens has \"{content}\" as {id}, unlike {TokenizerFiles.Config}: list it there in added_tokens_decoder");
            }
            else if (TokenFiles.OddFlag(token) is { } odd)
            {
                _json.Fault($"added_tokens has \"{content}\" with {odd}");
            }
            else if (Raw("normalized") == bool.TrueString || Raw("single_word") == bool.TrueString)
            {
                _json.Fault($"added_tokens has \"{content}\" as normalized or single_word, which is not supported");
            }
        }
    }

    private void RequireFrame(SpecialTokens special)
    {
        string[] expected = [special.Start, "A", special.Separator];
        string?[] frame = At("post_processor", "single") is { ValueKind: JsonValueKind.Array } single
            ? [.. single.EnumerateArray().Select(e => (At(e, "SpecialToken", "id") ?? At(e, "Sequence", "id"))?.ToString())]
            : [First(At("post_processor", "cls")), "A", First(At("post_processor", "sep"))];
        if (!frame.SequenceEqual(expected))
        {
            _json.Fault($"post_processor frames a text with other tokens than {special.Start} and {special.Separator}, which is not supported");
        }
    }

    private void Require(object expected, params string[] names)
    {
        if (At(names) is var value && value?.ToString() != expected.ToString())
        {
            _json.Fault($"{string.Join('.', names)} is {value?.GetRawText() ?? "missing"}, but {expected} is required by the other files");
        }
    }

    private JsonElement? At(params string[] names) => _json.Element(names[0]) is { } value ? At(value, names[1..]) : null;

    private static JsonElement? At(JsonElement value, params string[] names)
    {
        foreach (var name in names)
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out value))
            {
                return null;
            }
        }
        return value;
    }

    private static string? First(JsonElement? pair) =>
        pair is { ValueKind: JsonValueKind.Array } array && array.GetArrayLength() > 0 ? array[0].ToString() : null;
}
