using static MedMoE.Mesh.Studies.Tests.DataSet;

namespace MedMoE.Mesh.Studies.Tests;

public sealed class ShardsTests
{
    [Fact]
    public void ReadAll_Shards_GivesWhatWasWritten()
    {
        using var data = new DataSet().WithShard("a.tar", [.. Sample(0), .. Sample(4), .. Sample(8)]).WithShard("b.tar", Sample(1));

        var studies = data.Open().ReadAll().ToArray();

        Assert.Equal([(Key(0), 0), (Key(4), 1), (Key(8), 2), (Key(1), 1)], studies.Select(s => (s.Key, s.ReportType)));
        Assert.Equal(["report of 0", "report of 4", "report of 8", "report of 1"], studies.Select(s => s.Report));
        Assert.All(studies.Zip([0, 4, 8, 1]), pair => Assert.Equal(Png(pair.Second), pair.First.Image));
    }

    [Fact]
    public void ReadAll_JsonMember_GivesTypeAndFindingsWithTheirMasks()
    {
        using var data = new DataSet().WithShard(
            "a.tar",
            ("./train/x.JPG", Png(1)),
            ("./train/x.Mask.png", Png(255)),
            ("./train/x.json", Utf8(
                """{"type": "ct", "findings": [{"name": "cyst", "phrase": "a cyst", "box": [0, 1, 2, 3], "mask": "mask.png"}], "site": 3}""")),
            ("./train/x.npy", [1]),
            ("./train/x.txt", [0xEF, 0xBB, 0xBF, .. Utf8("a cyst, 3 µm")]));

        var study = Assert.Single(data.Open().ReadAll());

        Assert.Equal(("train/x", 1, "a cyst, 3 µm"), (study.Key, study.ReportType, study.Report));
        var finding = Assert.Single(study.Findings);
        Assert.Equal(("cyst", "a cyst", new Box(0, 1, 2, 3)), (finding.Name, finding.Phrase, finding.Box));
        Assert.Equal(Png(255), finding.Mask);
    }

    [Fact]
    public void ReadAll_BadRecords_AreSkippedCountedAndNamed()
    {
        var image = Png(1);
        using var data = new DataSet().WithShard(
            "a.tar",
            [
                .. Sample(0),
                ("no-image.txt", Utf8("r")), ("no-image.cls", Utf8("0")),
                ("no-report.png", image), ("no-report.cls", Utf8("0")),
                ("no-label.png", image), ("no-label.txt", Utf8("r")),
                ("no-type.png", image), ("no-type.txt", Utf8("r")), ("no-type.json", Utf8("{}")),
                ("empty.png", image), ("empty.txt", Utf8(" \n")), ("empty.cls", Utf8("0")),
                ("word.png", image), ("word.txt", Utf8("r")), ("word.cls", Utf8("ct")),
                ("two.png", image), ("two.txt", Utf8("r")), ("two.cls", Utf8("0")), ("two.json", Utf8("""{"type": "ct"}""")),
                ("json.png", image), ("json.txt", Utf8("r")), ("json.json", Utf8("{\"type\": ")),
                ("mask.png", image), ("mask.txt", Utf8("r")),
                ("mask.json", Utf8("""{"type": "ct", "findings": [{"name": "n", "phrase": "r", "box": [0, 0, 1, 1], "mask": "mask.png"}]}""")),
                ("latin.png", image), ("latin.txt", [(byte)'G', 0xF6]), ("latin.cls", Utf8("0")),
                ("twice.png", image), ("twice.png", image), ("twice.txt", Utf8("r")), ("twice.cls", Utf8("0")),
                .. Sample(5),
            ]);
        var skipped = new SkippedRecords();

        Assert.Equal([Key(0), Key(5)], data.Open().ReadAll(skipped).Select(s => s.Key));
        Assert.Equal(
            [
                "a.tar, no-type: no label (.cls, or \"type\" in .json)",
                "a.tar, empty: empty report",
                "a.tar, word: .cls is not an integer",
                "a.tar, two: its .cls and .json have different types",
                "a.tar, json: JSON cannot be read at column 10, type",
                "a.tar, mask: no member .mask.png for its mask",
                "a.tar, latin: .txt is not UTF-8",
                "a.tar, twice: .png is duplicated",
                "a.tar, no-image: no image (.png, .jpg, .jpeg)",
                "a.tar, no-report: no report (.txt)",
                "a.tar, no-label: no label (.cls, .json)",
            ],
            skipped.First.Select(s => s.ToString()));
        Assert.Equal(11, skipped.Count);
    }

    [Theory]
    [InlineData("3", ".cls 3 is not in 0..2, the bundle's report types: xray (X-ray, CR, DX), ct, mri (MR)")]
    [InlineData("-1", ".cls -1 is not in 0..2, the bundle's report types: xray (X-ray, CR, DX), ct, mri (MR)")]
    public void ReadAll_LabelOutOfRange_IsFatalAndNamed(string label, string reason)
    {
        using var data = new DataSet().WithShard("a.tar", [.. Sample(0), ("b.png", Png(1)), ("b.txt", Utf8("r")), ("b.cls", Utf8(label))]);

        Assert.Equal($"a.tar, b: {reason}", Assert.Throws<StudyDataException>(() => data.Open().ReadAll().Count()).Message);
    }

    [Fact]
    public void ReadAll_UnknownType_IsFatalAndNamed()
    {
        using var data = new DataSet().WithShard("a.tar", ("b.png", Png(1)), ("b.txt", Utf8("r")), ("b.json", Utf8("""{"type": "pet"}""")));

        Assert.Equal(
            "a.tar, b: report type \"pet\" is not one of the bundle's: xray (X-ray, CR, DX), ct, mri (MR)",
            Assert.Throws<StudyDataException>(() => data.Open().ReadAll().Count()).Message);
    }

    [Fact]
    public void ReadAll_ShardCutAnywhere_UsesTheRecordsBeforeAndTheNextShard()
    {
        var whole = Tar([.. Sample(0), .. Sample(1), .. Sample(2)]);
        // A record takes a header and a block for each of its three members.
        const int record = 6 * 512;
        Assert.Equal((3 * record) + 1024, whole.Length);
        foreach (var cut in Enumerable.Range(0, 3 * 12).Select(i => i * 256).Concat([1, record - 1, record + 1, record + 513, (2 * record) + 700]))
        {
            using var data = new DataSet().WithFile("a.tar", whole[..cut]).WithShard("b.tar", Sample(3));
            var skipped = new SkippedRecords();

            var keys = data.Open().ReadAll(skipped).Select(s => s.Key).ToArray();

            // The padding after a record's last member holds no data; less than half a block is used there.
            var before = (cut + 256) / record;
            Assert.Equal([.. Enumerable.Range(0, before).Select(Key), Key(3)], keys);
            var fault = Assert.Single(skipped.First);
            Assert.Equal(data["a.tar"], fault.Key);
            Assert.StartsWith("truncated", fault.Reason);
            Assert.Equal(1, skipped.Count);
        }
    }

    [Fact]
    public void ReadAll_ShardCutInARecord_NamesIt()
    {
        var whole = Tar([.. Sample(0), .. Sample(1)]);
        using var data = new DataSet().WithFile("a.tar", whole[..(8 * 512)]);
        var skipped = new SkippedRecords();

        Assert.Equal([Key(0)], data.Open().ReadAll(skipped).Select(s => s.Key));
        Assert.Equal([$"{data["a.tar"]}: truncated: no end-of-archive marker, in record study-001"], skipped.First.Select(s => s.ToString()));
    }

    [Fact]
    public void ReadAll_ShardsOfRubbish_AreFaultsAndNeverFatal()
    {
        var whole = Tar([.. Sample(0), .. Sample(1), .. Sample(2), .. Sample(3)]);
        var random = new Random(5);
        for (var round = 0; round < 100; round++)
        {
            byte[] broken = [.. whole];
            for (var hit = 0; hit <= round % 4; hit++)
            {
                // Half of the changes in the first header's numbers, where lengths and checksums are.
                broken[round % 2 == 0 ? random.Next(100, 170) : random.Next(broken.Length)] = (byte)random.Next(256);
            }
            using var data = new DataSet().WithFile("a.tar", broken).WithShard("b.tar", Sample(9));

            // A change may make a label invalid, which must be fatal.
            var studies = new List<Study>();
            var e = Record.Exception(() => studies.AddRange(data.Open().ReadAll()));
            Assert.True(e is null or StudyDataException, $"round {round}: {e}");
            Assert.True(e is not null || studies[^1].Key == Key(9));
        }
    }

    [Fact]
    public void Read_Orders_DependOnSeedAndEpochAlone()
    {
        using var data = new DataSet();
        for (var shard = 0; shard < 5; shard++)
        {
            data.WithShard($"{shard}.tar", Enumerable.Range(shard * 10, 10).SelectMany(i => Sample(i)));
        }
        string[] Keys(ShuffleOrder? order) => [.. data.Open().Read(order).Select(r => r.Key)];

        var first = Keys(new ShuffleOrder(Seed: 1, Epoch: 0, Window: 15));

        Assert.Equal(first, Keys(new ShuffleOrder(Seed: 1, Epoch: 0, Window: 15)));
        Assert.Equal(Keys(null), first.Order(StringComparer.Ordinal));
        Assert.NotEqual(first, Keys(new ShuffleOrder(Seed: 1, Epoch: 1, Window: 15)));
        Assert.NotEqual(first, Keys(new ShuffleOrder(Seed: 2, Epoch: 0, Window: 15)));
        // The shards also change their order: a window of one keeps the order of records.
        Assert.Equal(5, Keys(new ShuffleOrder(1, 0, Window: 1)).Chunk(10).Count(shard => shard.SequenceEqual(shard.Order(StringComparer.Ordinal))));
        Assert.NotEqual(Keys(null), Keys(new ShuffleOrder(1, 0, Window: 1)));
    }
}
