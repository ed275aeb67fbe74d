using System.Globalization;
using System.Text.Json;

namespace MedMoE.Mesh.Text;

/// <summary>
/// Special and added tokens from <c>added_tokens_decoder</c> of <c>tokenizer_config.json</c> or, for folders of older Hugging Face versions, from
/// <c>special_tokens_map.json</c> and <c>added_tokens.json</c>.
/// </summary>
internal sealed class TokenFiles
{
    private readonly ConfigFile _config;
    private readonly ConfigFile _map;
    private readonly ConfigFile _added;

    /// <summary>With <c>added_tokens_decoder</c>, Hugging Face ignores the other files.</summary>
    private readonly bool _listed;

    public TokenFiles(ConfigFile config, ConfigFile map, ConfigFile added)
    {
        (_config, _map, _added) = (config, map, added);
        _listed = config.Element("added_tokens_decoder") is not null;
        var names = new SpecialTokens();
        Special = new SpecialTokens(
            Name("unk_token", names.Unknown), Name("sep_token", names.Separator), Name("pad_token", names.Padding),
            Name("cls_token", names.Start), Name("mask_token", names.Mask));
    }

    public SpecialTokens Special { get; }

    /// <summary>In Hugging Face's order: numbered tokens, special tokens by name, others. The first entry of a token applies.</summary>
    public IReadOnlyList<AddedToken> Added()
    {
        string[] names = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];
        string[] lists = ["additional_special_tokens", "extra_special_tokens", "model_specific_special_tokens"];
        Entry[] special =
        [
            .. names.Select(Named).OfType<Entry>(),
            .. Special.All.Select(name => new Entry(new AddedToken(name, null), _config, null)),
            .. lists.SelectMany(name => Listed(_config, name)),
            .. _listed ? [] : lists.SelectMany(name => Listed(_map, name)),
        ];
        var numbered = _listed ? Decoder() : NumberedApart([.. special.Select(e => e.Token.Content)]);
        Entry[] entries = [.. numbered.OrderBy(e => e.Token.Id).Concat(special).DistinctBy(e => e.Token.Content)];
        foreach (var entry in entries.Where(e => e.Unsupported is not null))
        {
            entry.File.Fault(entry.Unsupported!);
        }
        return [.. entries.Select(e => e.Token)];
    }

    /// <summary>The tokens of <c>added_tokens.json</c>; Hugging Face searches those that are not special in the normalised text.</summary>
    private IEnumerable<Entry> NumberedApart(string[] special) => _added.Properties.Select(p => new Entry(
        new AddedToken(p.Name, Number(p.Value.GetRawText())), _added,
        Number(p.Value.GetRawText()) is null ? $"\"{p.Name}\" is {p.Value.GetRawText()}, expected an integer of 0 or more"
        : special.Contains(p.Name) ? null : Normalized($"\"{p.Name}\"")));

    private IEnumerable<Entry> Decoder()
    {
        if (_config.Element("added_tokens_decoder") is not { ValueKind: JsonValueKind.Object } decoder)
        {
            _config.Fault("added_tokens_decoder is not an object");
            return [];
        }
        return decoder.EnumerateObject().Select(p =>
        {
            var setting = $"added_tokens_decoder \"{p.Name}\"";
            var entry = Parse(_config, setting, p.Value, special: false);
            return Number(p.Name) is { } id ? entry with { Token = entry.Token with { Id = id } }
                : entry with { Unsupported = $"{setting} has no integer of 0 or more as its key" };
        });
    }

    /// <summary>A special token's name. The files must agree, because not every Hugging Face version reads both.</summary>
    private string Name(string setting, string absent)
    {
        if (_config.IsNull(setting))
        {
            _config.Fault($"{setting} is null, which is not supported");
        }
        var name = Named(setting)?.Token.Content ?? absent;
        foreach (var file in new[] { _config, _map })
        {
            if (file.Element(setting) is { } value && Parse(file, setting, value, special: true).Token.Content != name)
            {
                var other = file == _map ? TokenizerFiles.Config : TokenizerFiles.SpecialTokens;
                file.Fault($"{setting} is {value.GetRawText()}, but \"{name}\" by {other}");
            }
        }
        return name;
    }

    private Entry? Named(string setting) =>
        !_listed && _map.Element(setting) is { } older ? Parse(_map, setting, older, special: true)
        : _config.Element(setting) is { } own ? Parse(_config, setting, own, special: false)
        : null;

    /// <summary>Reads a list of tokens or an object of named tokens.</summary>
    private static IEnumerable<Entry> Listed(ConfigFile file, string setting) => file.Element(setting) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => list.EnumerateArray().Select(e => Parse(file, setting, e, special: true)),
        { ValueKind: JsonValueKind.Object } map => map.EnumerateObject().Select(p => Parse(file, $"{setting} \"{p.Name}\"", p.Value, special: true)),
        { } other => [new Entry(new AddedToken(other.GetRawText(), null), file, $"{setting} is {other.GetRawText()}, expected tokens")],
    };

    /// <summary>
    /// Reads a token, either a string or an object (Hugging Face's AddedToken); <paramref name="special"/> is the default of its flag.
    /// </summary>
    private static Entry Parse(ConfigFile file, string setting, JsonElement value, bool special)
    {
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text)
        {
            return new Entry(new AddedToken(text, null), file, null);
        }
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("content", out var content)
            || content.ValueKind != JsonValueKind.String || content.GetString() is not { Length: > 0 } name)
        {
            return new Entry(new AddedToken(value.GetRawText(), null), file, $"{setting} is {value.GetRawText()}, expected a token");
        }
        bool Flag(string flag, bool absent) => value.TryGetProperty(flag, out var set) ? set.ValueKind == JsonValueKind.True : absent;
        var whose = $"{setting}, \"{name}\"";
        // lstrip and rstrip are ignored: the white space that they add to a token has no ids.
        return new Entry(new AddedToken(name, null), file,
            OddFlag(value) is { } odd ? $"{whose} has {odd}"
            : Flag("normalized", !Flag("special", special)) ? Normalized(whose)
            : Flag("single_word", false) ? $"{whose} has single_word, which is not supported"
            : null);
    }

    /// <summary>A flag of a token that is neither true nor false, as text for an error; null if all are valid.</summary>
    public static string? OddFlag(JsonElement token)
    {
        string[] flags = ["special", "normalized", "single_word", "lstrip", "rstrip"];
        return flags.Select(flag => token.TryGetProperty(flag, out var value) && value.ValueKind is not (JsonValueKind.True or JsonValueKind.False)
            ? $"{flag} {value.GetRawText()}, expected true or false" : null).FirstOrDefault(fault => fault is not null);
    }

    private static string Normalized(string whose) => $"{whose} is matched in the normalised text (normalized), which is not supported";

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;

    private sealed record Entry(AddedToken Token, ConfigFile File, string? Unsupported);
}
