using System.Formats.Tar;
using static MedMoE.Mesh.Studies.Tests.DataSet;

namespace MedMoE.Mesh.Studies.Tests;

/// <summary>Each record of a data set is either used, or left out, counted and given a reason.</summary>
public sealed class NothingLostTests
{
    private const int Rounds = 60;

    /// <summary>Variants of a record in a shard, and whether each is used.</summary>
    private static readonly (Func<int, IEnumerable<TarEntry>> Members, bool Used)[] _shardFates =
    [
        (i => Files(Sample(i)), true),
        (i => Files(Sample(i)), true),
        (i => Files(Sample(i).Append(($"{Key(i)}.npy", [1]))), true),
        (i => Files(Sample(i).Append(($"{Key(i)}.mask.png", Png(1)))), true),
        (i => Files(Sample(i)[..2]), false),
        (i => Files(Sample(i)[1..]), false),
        (i => Files(Sample(i).Append(Sample(i)[0])), false),
        (i => Files(($"{Key(i)}.png", Png(i)[..40]), Sample(i)[1], Sample(i)[2]), false),
        (i => Files(Sample(i)[0], ($"{Key(i)}.txt", [0xFF]), Sample(i)[2]), false),
        (i => Files(Sample(i)[0], ($"{Key(i)}.txt", Utf8(" ")), Sample(i)[2]), false),
        (i => Files(Sample(i)[0], Sample(i)[1], ($"{Key(i)}.cls", Utf8("x"))), false),
        (i => Files(Sample(i)[0], Sample(i)[1], ($"{Key(i)}.json", Utf8("[]"))), false),
        (i => Files(Sample(i).Select(m => ($"{Key(i)}.7{m.Name[Key(i).Length..]}", m.Content))), false),
        (i => [new UstarTarEntry(TarEntryType.SymbolicLink, $"{Key(i)}.png") { LinkName = "x" }, .. Files(Sample(i)[1..])], false),
        (i => Files(($"{Key(i)}.dcm", [1]), ($"{Key(i)}.xml", [1])), false),
    ];

    /// <summary>Variants of a line of a manifest.</summary>
    private static readonly (Func<string, string> Line, bool Used)[] _lineFates =
    [
        (line => line, true),
        (line => line.Replace("\"report\"", "\"more\": 1, \"report\""), true),
        (line => line[..^9], false),
        (line => line + line, false),
        (line => line.Replace("\"report\"", "\"text\""), false),
        (line => line.Replace(".png", ".gone"), false),
        (line => line.Replace("\"type\"", "\"kind\""), false),
        (line => line.Replace("report of", "\\ud800"), false),
        (line => line.Replace("}", ", \"findings\": [null]}"), false),
    ];

    [Fact]
    public void Loader_OddShards_UsedAndLeftOutAreAllThatWasPutIn()
    {
        var random = new Random(20);
        for (var round = 0; round < Rounds; round++)
        {
            using var data = new DataSet();
            var (used, leftOut, next) = (0, 0, 0);
            for (var shard = 0; shard < 3; shard++)
            {
                using var content = new MemoryStream();
                for (var tars = random.Next(1, 3); tars > 0; tars--)
                {
                    var fates = Enumerable.Range(0, random.Next(1, 6)).Select(_ => _shardFates[random.Next(_shardFates.Length)]).ToArray();
                    used += fates.Count(fate => fate.Used);
                    leftOut += fates.Count(fate => !fate.Used);
                    using var writer = new TarWriter(content, TarEntryFormat.Ustar, leaveOpen: true);
                    foreach (var entry in fates.SelectMany(fate => fate.Members(next++)))
                    {
                        writer.WriteEntry(entry);
                    }
                }
                if (random.Next(3) == 0)
                {
                    content.Write(Utf8("rubbish"));
                    leftOut++;
                }
                data.WithFile($"{shard}.tar", content.ToArray());
            }
            data.WithShard("good.tar", Sample(next));

            AssertAll(data, used + 1, leftOut, $"round {round}");
        }
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\n\n\uFEFF")]
    public void Loader_OddManifests_UsedAndLeftOutAreAllThatWasPutIn(string newLine)
    {
        var random = new Random(21);
        for (var round = 0; round < Rounds; round++)
        {
            using var data = new DataSet();
            var fates = Enumerable.Range(0, 12).Select(_ => _lineFates[random.Next(_lineFates.Length)]).Append(_lineFates[0]).ToArray();
            data.WithFile("manifest.jsonl", Utf8(string.Join(newLine, fates.Select((fate, i) => fate.Line(data.Line(i).ToJsonString())))));

            AssertAll(data, fates.Count(fate => fate.Used), fates.Count(fate => !fate.Used), $"round {round}");
        }
    }

    private static void AssertAll(DataSet data, int used, int leftOut, string round)
    {
        var skipped = new SkippedRecords(named: 1000);
        var studies = data.Loader().ReadAll(skipped).Count();

        var told = $"{round}: {string.Join('\n', skipped.First)}";
        Assert.True(used == studies, $"{used} to be used, {studies} are; {told}");
        Assert.True(leftOut == skipped.Count, $"{leftOut} to be left out, {skipped.Count} are; {told}");
        Assert.DoesNotContain(skipped.First, s => string.IsNullOrWhiteSpace(s.Key) || string.IsNullOrWhiteSpace(s.Reason) || s.Reason.Contains('\n'));
    }

    private static IEnumerable<TarEntry> Files(params IEnumerable<(string Name, byte[] Content)> members) =>
        members.Select(m => new UstarTarEntry(TarEntryType.RegularFile, m.Name) { DataStream = new MemoryStream(m.Content) });
}
