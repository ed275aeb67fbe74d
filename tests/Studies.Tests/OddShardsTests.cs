using System.Formats.Tar;
using System.IO.Compression;
using static MedMoE.Mesh.Studies.Tests.DataSet;

namespace MedMoE.Mesh.Studies.Tests;

/// <summary>Damaged shards: usable records are used, others are counted and named with a reason.</summary>
public sealed class OddShardsTests
{
    [Fact]
    public void ReadAll_JoinedTars_AreReadWhole()
    {
        var (first, second) = (Tar(Enumerable.Range(0, 12).SelectMany(i => Sample(i))), Tar(Enumerable.Range(12, 12).SelectMany(i => Sample(i))));
        // GNU tar ends with zeros up to 10 KiB, others with two blocks.
        AssertRead([.. first, .. second], 24);
        AssertRead([.. first, .. new byte[9 * 512], .. second, .. new byte[512]], 24);
        // A tar joined with itself has every key twice, and every record whole.
        AssertRead([.. Tar(Sample(0)), .. Tar(Sample(0))], 2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(5000)]
    public void ReadAll_BytesBehindTheEnd_AreCountedAndNamed(int count)
    {
        var rubbish = new byte[count];
        new Random(3).NextBytes(rubbish);
        rubbish[0] = 1;
        // A checksum field of spaces or zeros would count as the end.
        rubbish.AsSpan(Math.Min(148, count), Math.Min(8, Math.Max(0, count - 148))).Clear();

        AssertRead([.. Tar(Sample(0)), .. rubbish], 1, $"the last {count} bytes, after the end of the archive, are not a tar");
    }

    [Fact]
    public void ReadAll_HeaderThatIsNone_ItsPlaceAndTheBytesBehindItAreNamed()
    {
        var tar = Tar([.. Sample(0), .. Sample(1)]);
        // The second record's first header.
        tar.AsSpan(6 * 512, 512).Fill((byte)' ');

        AssertRead(tar, 1, $"broken before byte {6 * 512}: no member header; its last {tar.Length - (6 * 512)} bytes are not read");
    }

    [Fact]
    public void ReadAll_Links_AreNamedWithWhatToDo()
    {
        var tar = TarOf(
            writer =>
            {
                Write(writer, Sample(0));
                writer.WriteEntry(new UstarTarEntry(TarEntryType.HardLink, "hard.png") { LinkName = $"{Key(0)}.png" });
                Write(writer, ("hard.txt", Utf8("r")), ("hard.cls", Utf8("1")));
                writer.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "soft.png") { LinkName = "/data/soft.png" });
                Write(writer, ("soft.txt", Utf8("r")), ("soft.cls", Utf8("1")));
                writer.WriteEntry(new UstarTarEntry(TarEntryType.Fifo, "pipe.png"));
                Write(writer, ("pipe.txt", Utf8("r")), ("pipe.cls", Utf8("1")));
            });

        AssertRead(
            tar, 1, "hard: .png is a hard link: make the tar with --hard-dereference",
            "soft: .png is a symbolic link: make the tar with --dereference", "pipe: .png is not a file but of type '6'");
    }

    [Fact]
    public void ReadAll_SparseFiles_AreNamed()
    {
        var pax = TarOf(
            writer =>
            {
                var holes = new PaxTarEntry(TarEntryType.RegularFile, "GNUSparseFile.0/x.png", new Dictionary<string, string>
                {
                    ["GNU.sparse.major"] = "1",
                    ["GNU.sparse.minor"] = "0",
                    ["GNU.sparse.name"] = "x.png",
                    ["GNU.sparse.realsize"] = "4096",
                });
                holes.DataStream = new MemoryStream(new byte[512]);
                writer.WriteEntry(holes);
                Write(writer, ("x.txt", Utf8("r")), ("x.cls", Utf8("1")));
            },
            TarEntryFormat.Pax);
        AssertRead(pax, 0, "x: .png is a sparse file: make the tar without --sparse");

        var gnu = TarOf(writer => Write(writer, [.. Sample(0), .. Sample(1)]), TarEntryFormat.Gnu);
        gnu[156] = (byte)'S';
        SetChecksum(gnu);
        AssertRead(gnu, 1, $"{Key(0)}: .png is a sparse file: make the tar without --sparse");
    }

    [Fact]
    public void ReadAll_VolumeLabel_IsPassedOver()
    {
        // As "tar --label" writes it.
        var tar = TarOf(writer => Write(writer, [("label", []), .. Sample(0)]), TarEntryFormat.Gnu);
        tar[156] = (byte)'V';
        SetChecksum(tar);

        AssertRead(tar, 1);
    }

    [Theory]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    public void ReadAll_LongNames_AreUsed(TarEntryFormat format)
    {
        var folder = string.Join('/', Enumerable.Repeat(new string('d', 60), 5));
        var tar = TarOf(writer => Write(writer, [.. Sample(0).Select(member => ($"{folder}/{member.Name}", member.Content))]), format);

        AssertRead(tar, 1);
    }

    [Fact]
    public void ReadAll_MembersThatAreNotNeighbours_AreNamedOnceForEachRecord()
    {
        // As written by "tar -cf a.tar *.png *.txt *.cls".
        var byKind = Enumerable.Range(0, 3).SelectMany(kind => Enumerable.Range(0, 4).Select(i => Sample(i)[kind])).Concat(Sample(9));

        AssertRead(Tar(byKind), 1, [.. Enumerable.Range(0, 4).Select(i => $"{Key(i)}: appears 3 times: its members are not adjacent")]);
        AssertRead(
            Tar([.. Sample(0), .. Sample(1), ($"{Key(0)}.mask.png", Png(1)), ("2.png", Png(2)), ($"{Key(1)}.npy", [1])]), 2,
            $"{Key(0)}: appears 2 times: its members are not adjacent", "2: no report (.txt)");
    }

    [Theory]
    [InlineData("gzip", "a.tar")]
    [InlineData("gzip", "a.tar.gz")]
    [InlineData("gzip", "a.TGZ")]
    [InlineData("zstd", "a.tar.zst")]
    [InlineData("xz", "a.tar.xz")]
    [InlineData("bzip2", "a.tar.bz2")]
    [InlineData("zip", "a.tar")]
    public void ReadAll_CompressedTar_IsNamedInAFolderAndByItself(string compression, string name)
    {
        byte[] content = compression switch
        {
            "gzip" => Gzip(Tar(Sample(0))),
            "zstd" => [0x28, 0xB5, 0x2F, 0xFD, 4, 0],
            "xz" => [0xFD, .. "7zXZ\0"u8],
            "bzip2" => [.. "BZh9"u8],
            _ => [.. "PK"u8, 3, 4],
        };
        using var data = new DataSet().WithFile(name, content);
        var fault = $"{data[name]}: {compression}, not a tar: decompress it first";

        Assert.EndsWith($"it has no usable study; the first: {fault}", Assert.Throws<StudyDataException>(
            () => data.Loader(file: name).ReadAll(new SkippedRecords()).Count()).Message);
        data.WithShard("b.tar", Sample(1));
        var skipped = new SkippedRecords();
        Assert.Equal(Key(1), Assert.Single(data.Open().ReadAll(skipped)).Key);
        Assert.Equal([fault], skipped.First.Select(s => s.ToString()));
    }

    [Fact]
    public void ReadAll_StudiesNamedByUid_MembersAreCountedAndTheNamesBlamed()
    {
        var named = Enumerable.Range(0, 100).SelectMany(
            i => Sample(i).Select(m => ($"1.2.840.113619.{i}{m.Name[m.Name.IndexOf('.')..]}", m.Content)));

        AssertRead(
            Tar([.. Enumerable.Range(0, 12).SelectMany(i => Sample(i)), .. named]), 12,
            "1: 300 members under key 1 have kinds like 2.840….png: names with dots?");
        // One of them has no further dot and is just as unusable: its own report is ambiguous.
        AssertRead(
            Tar([.. Sample(0), ($"{Key(0)}.b.png", Png(1)), ($"{Key(0)}.b.txt", Utf8("r")), ($"{Key(0)}.b.cls", Utf8("1"))]), 0,
            $"{Key(0)}: 3 members under key {Key(0)} have kinds like b.png: names with dots?");
        // An image alone may be a mask.
        AssertRead(
            Tar(("1.2.png", Png(1)), ("1.cls", Utf8("1"))), 0,
            "1: no image (.png, .jpg, .jpeg); 1 members under key 1 have kinds like 2.png: names with dots?");
    }

    [Fact]
    public void ReadAll_MembersWithoutEnd_TheRecordsBytesAreBounded()
    {
        const int many = 1200;
        var content = new byte[16 << 10];
        var tar = Tar([.. Enumerable.Range(0, many).Select(i => ($"1.{i}.png", content)), .. Sample(1)]);
        using var data = new DataSet().WithFile("a.tar", tar);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var records = data.Open().Read(order: null).ToArray();

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 4 << 20);
        var fault = Assert.Throws<BadRecordException>(() => records[0].Load());
        Assert.Equal($"{many} members under key 1 have kinds like 0.png: names with dots?", fault.Message);
        Assert.Equal(Key(1), records[1].Load().Key);
    }

    [Fact]
    public void ReadAll_MemberOf257MiB_IsNotRead()
    {
        using var data = new DataSet().WithShard("a.tar", [("big.png", new byte[512]), ("big.txt", Utf8("r")), ("big.cls", Utf8("1")), .. Sample(1)]);
        using (var file = File.Open(data["a.tar"], FileMode.Open))
        {
            // The first member's length in its header, and the resulting hole in the file.
            var tar = new byte[file.Length];
            file.ReadExactly(tar);
            const long length = 257 << 20;
            Utf8(Convert.ToString(length, 8).PadLeft(11, '0')).CopyTo(tar, 124);
            SetChecksum(tar);
            file.Position = 0;
            file.Write(tar, 0, 1024);
            file.Position = 512 + length;
            file.Write(tar, 1024, tar.Length - 1024);
        }
        var skipped = new SkippedRecords();

        Assert.Equal([Key(1)], data.Open().ReadAll(skipped).Select(s => s.Key));
        Assert.Equal(["a.tar, big: .png is too large"], skipped.First.Select(s => s.ToString()));
    }

    [Fact]
    public void ReadAll_RecordOfOtherKinds_TellsWhatItHas() => AssertRead(
        Tar([
            .. Sample(0), ("a.dcm", [1]), ("a.txt", Utf8("r")), ("a.cls", Utf8("1")), ("b.tif", [1]),
            ("c.png", Png(1)), ("c.jpg", Png(2)), ("README.md", []),
        ]),
        1,
        "a: no image (.png, .jpg, .jpeg); it has .dcm", "b: no image (.png, .jpg, .jpeg); it has .tif", "c: .jpg is a second image",
        "README: no image (.png, .jpg, .jpeg); it has .md");

    [Fact]
    public void ReadAll_JsonOfNulls_IsTheRecordsFault() => AssertRead(
        Tar([
            ("a.png", Png(1)), ("a.txt", Utf8("r")), ("a.json", Utf8("""{"type": "ct", "findings": [null]}""")),
            ("b.png", Png(1)), ("b.txt", Utf8("r")), ("b.json", Utf8("""{"type": " ", "findings": null}""")),
            ("c.png", Png(1)), ("c.txt", Utf8("r")), ("c.json", Utf8("""{"type": "ct", "findings": null}""")),
        ]),
        1, "a: a finding that is null", "b: no label (.cls, or \"type\" in .json)");

    private static void AssertRead(byte[] shard, int studies, params string[] faults)
    {
        using var data = new DataSet().WithFile("a.tar", shard);
        var skipped = new SkippedRecords();

        Assert.Equal(studies, data.Open().ReadAll(skipped).Count());
        Assert.Equal(
            faults.Order(StringComparer.Ordinal),
            skipped.First.Select(s => s.Key == data["a.tar"] ? s.Reason : s.ToString().Replace("a.tar, ", "", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal));
        Assert.Equal(faults.Length, skipped.Count);
    }

    /// <summary>The first header's checksum.</summary>
    private static void SetChecksum(byte[] tar)
    {
        tar.AsSpan(148, 8).Fill((byte)' ');
        Utf8($"{Convert.ToString(tar.Take(512).Sum(b => b), 8).PadLeft(6, '0')}\0 ").CopyTo(tar, 148);
    }

    private static byte[] TarOf(Action<TarWriter> write, TarEntryFormat format = TarEntryFormat.Ustar)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, format, leaveOpen: true))
        {
            write(writer);
        }
        return tar.ToArray();
    }

    private static void Write(TarWriter writer, params (string Name, byte[] Content)[] members)
    {
        foreach (var (name, content) in members)
        {
            TarEntry entry = writer.Format switch
            {
                TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, name),
                TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, name),
                _ => new UstarTarEntry(TarEntryType.RegularFile, name),
            };
            entry.DataStream = new MemoryStream(content);
            writer.WriteEntry(entry);
        }
    }

    private static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(content);
        }
        return packed.ToArray();
    }
}
