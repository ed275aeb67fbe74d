using System.Globalization;
using System.Text.Json;

namespace MedMoE.Mesh.Text.Tests;

/// <summary>Every character of Unicode 14 against Hugging Face's tokenizers; the file is described in tests/golden/README.md.</summary>
public sealed class TokenizerSweepTests
{
    private static readonly JsonElement _sweep = Golden.Json("tokenizer", "sweep.json");
    private static readonly int[] _pieces = [.. Characters(_sweep.GetProperty("pieces"))];
    private static readonly HashSet<int> _rest = [.. _sweep.GetProperty("rest").EnumerateObject().SelectMany(r => Characters(r.Value))];
    private static readonly int[] _characters =
        [.. _pieces.Concat(Characters(_sweep.GetProperty("others"))).Where(c => !_rest.Contains(c)).Order()];

    public static TheoryData<int> Modes => [.. Enumerable.Range(0, _sweep.GetProperty("modes").GetArrayLength())];

    [Theory]
    [MemberData(nameof(Modes))]
    public void Encode_EveryCharacterOfUnicode14_SameIds(int mode)
    {
        var tokenizer = Tokenizer(mode);

        var blocks = _characters.GroupBy(c => c >> 8).ToDictionary(
            block => $"{block.Key:x}",
            block => Hash(tokenizer, block.Select(char.ConvertFromUtf32).Select(character => $"{character} a{character}b")));

        var expected = _sweep.GetProperty("blocks").EnumerateObject().ToDictionary(b => b.Name, b => b.Value.GetString()!.Split(' ')[mode]);
        Assert.Equal(expected.Keys.Order(), blocks.Keys.Order());
        string[] other = [.. expected.Keys.Where(block => expected[block] != blocks[block])];
        Assert.True(other.Length == 0, $"other ids in the blocks {string.Join(", ", other.Select(b => $"U+{b}00"))}");
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Encode_CharactersThrownTogether_SameIds(int mode)
    {
        var tokenizer = Tokenizer(mode);
        int[] pool = [.. _characters.Where(c => c < 0x3100 || c >> 8 == 0x1d1)];
        var state = 13u;
        string Text() => string.Concat(Enumerable.Range(0, 8).Select(at =>
        {
            state = (state * 1664525) + 1013904223;
            return at % 3 == 2 ? "aB"[(int)(state >> 31)].ToString() : char.ConvertFromUtf32(pool[(state >> 8) % pool.Length]);
        }));

        var groups = Enumerable.Range(0, 20).Select(_ => Hash(tokenizer, Enumerable.Range(0, 1000).Select(_ => Text())));

        Assert.Equal(_sweep.GetProperty("texts")[mode].GetString()!.Split(' '), groups);
    }

    /// <summary>Every character that can be in a line is a piece, at the start of a word and inside one, so that ids identify characters.</summary>
    private static BertTokenizer Tokenizer(int mode)
    {
        using var folder = new TemporaryFolder();
        string[] special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
        File.WriteAllLines(folder["vocab.txt"], special.Concat(_pieces.Select(char.ConvertFromUtf32).SelectMany(c => new[] { c, "##" + c })));
        string Raw(string name) => _sweep.GetProperty("modes")[mode].GetProperty(name).GetRawText();
        File.WriteAllText(folder["tokenizer_config.json"], $$"""
            { "do_lower_case": {{Raw("lowercase")}}, "strip_accents": {{Raw("strip_accents")}},
              "tokenize_chinese_chars": {{Raw("handle_chinese_chars")}} }
            """);
        return BertTokenizer.Read(folder.Path, 1_000_000);
    }

    /// <summary>FNV-1a hash of the texts' ids, without [CLS] and [SEP].</summary>
    private static string Hash(BertTokenizer tokenizer, IEnumerable<string> texts)
    {
        var hash = 0x811c9dc5;
        void Add(uint id)
        {
            for (var shift = 0; shift < 32; shift += 8)
            {
                hash = (hash ^ ((id >> shift) & 0xff)) * 0x01000193;
            }
        }
        foreach (var text in texts)
        {
            var ids = tokenizer.Encode(text).Ids;
            foreach (var id in ids.Skip(1).Take(ids.Count - 2))
            {
                Add((uint)id);
            }
            Add(uint.MaxValue);
        }
        return $"{hash:x}";
    }

    /// <summary>Ranges of code points as "30-39 41".</summary>
    private static IEnumerable<int> Characters(JsonElement ranges) =>
        ranges.GetString()!.Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(range =>
        {
            int[] ends = [.. range.Split('-').Select(hex => int.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
        });
}
