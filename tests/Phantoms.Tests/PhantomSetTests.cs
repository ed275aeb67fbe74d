using System.Formats.Tar;
using System.Text;
using System.Text.Json;

namespace MedMoE.Mesh.Phantoms.Tests;

public sealed class PhantomSetTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("phantoms");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Make_SameRequestTwice_SameFilesAndBytes()
    {
        var (one, two) = (Made("one", count: 9, shards: 2), Made("two", count: 9, shards: 2));

        Assert.Equal(Files(one), Files(two));
        Assert.All(Files(one), file => Assert.Equal(File.ReadAllBytes(Path.Combine(one, file)), File.ReadAllBytes(Path.Combine(two, file))));
    }

    [Fact]
    public void Make_FewerStudies_AreTheFirstOfMore()
    {
        var (few, more) = (Made("few", count: 5), Made("more", count: 9));

        Assert.Equal(File.ReadAllLines(Path.Combine(more, "manifest.jsonl")).Take(5), File.ReadAllLines(Path.Combine(few, "manifest.jsonl")));
        Assert.All(
            Files(few).Where(f => f.EndsWith(".png", StringComparison.Ordinal)),
            file => Assert.Equal(File.ReadAllBytes(Path.Combine(more, file)), File.ReadAllBytes(Path.Combine(few, file))));
    }

    [Fact]
    public void Make_AllTypes_ManifestTakesTurnsAndNamesFilesThatAreThere()
    {
        var folder = Made("set", count: 40);
        var lines = Manifest(folder);

        Assert.Equal(40, lines.Length);
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i];
            Assert.Equal(StudyType.All[i % 4].Name, line.GetProperty("type").GetString());
            Assert.Equal($"{StudyType.All[i % 4].Name}-{i:D6}", line.GetProperty("key").GetString());
            Assert.True(File.Exists(Path.Combine(folder, line.GetProperty("image").GetString()!)));
            Assert.All(line.GetProperty("findings").EnumerateArray(), finding =>
            {
                Assert.True(File.Exists(Path.Combine(folder, finding.GetProperty("mask").GetString()!)));
                Assert.Contains(finding.GetProperty("phrase").GetString()!, line.GetProperty("report").GetString()!, StringComparison.Ordinal);
                Assert.Equal(4, finding.GetProperty("box").GetArrayLength());
            });
        }
        Assert.True(File.Exists(Path.Combine(folder, "prompts.json")));
        Assert.False(Directory.Exists(Path.Combine(folder, "shards")));
    }

    [Fact]
    public void Make_Shards_HoldWhatTheFolderHolds()
    {
        var folder = Made("set", count: 30, shards: 3);
        var members = new Dictionary<string, byte[]>();
        var keys = new List<string>();
        foreach (var shard in Directory.GetFiles(Path.Combine(folder, "shards")).Order())
        {
            using var tar = new TarReader(File.OpenRead(shard));
            while (tar.GetNextEntry() is { } entry)
            {
                using var content = new MemoryStream();
                entry.DataStream!.CopyTo(content);
                members.Add(entry.Name, content.ToArray());
                keys.Add(entry.Name.Split('.')[0]);
                Assert.Equal(DateTimeOffset.UnixEpoch, entry.ModificationTime);
            }
        }
        var lines = Manifest(folder);

        Assert.Equal(lines.Select(l => l.GetProperty("key").GetString()), keys.Distinct());
        foreach (var line in lines)
        {
            var key = line.GetProperty("key").GetString();
            Assert.Equal(Bytes(line.GetProperty("image")), members[$"{key}.png"]);
            Assert.Equal(line.GetProperty("report").GetString(), Encoding.UTF8.GetString(members[$"{key}.txt"]));
            using var sample = JsonDocument.Parse(members[$"{key}.json"]);
            Assert.Equal(line.GetProperty("type").GetString(), sample.RootElement.GetProperty("type").GetString());
            Assert.Equal(line.GetProperty("findings").GetArrayLength(), sample.RootElement.GetProperty("findings").GetArrayLength());
            var findings = line.GetProperty("findings").EnumerateArray().Zip(sample.RootElement.GetProperty("findings").EnumerateArray());
            foreach (var (ofLine, ofSample) in findings)
            {
                Assert.Equal(Bytes(ofLine.GetProperty("mask")), members[$"{key}.{ofSample.GetProperty("mask").GetString()}"]);
                string[] same = ["name", "phrase", "box", "zone", "size"];
                Assert.All(same, field => Assert.Equal(ofLine.GetProperty(field).GetRawText(), ofSample.GetProperty(field).GetRawText()));
            }
        }
        byte[] Bytes(JsonElement file) => File.ReadAllBytes(Path.Combine(folder, file.GetString()!));
    }

    [Fact]
    public void Make_IntoAFolderThatIsNotEmpty_IsRefusedAndLeavesIt()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "mine.txt"), "mine");

        var refusal = Assert.Throws<PhantomException>(() => Make(new PhantomRequest(_folder.FullName, 4, 1, StudyType.All)));

        Assert.Contains("not empty", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(["mine.txt"], Files(_folder.FullName));
    }

    [Theory]
    [InlineData(0, 0, 224, "--count")]
    [InlineData(-3, 0, 224, "--count")]
    [InlineData(4, 5, 224, "--shards")]
    [InlineData(4, -1, 224, "--shards")]
    [InlineData(4, 0, 16, "--size")]
    [InlineData(4, 0, 5000, "--size")]
    public void Make_NumbersThatCannotBe_AreRefusedByName(int count, int shards, int size, string named)
    {
        var refusal = Assert.Throws<PhantomException>(() => Make(new PhantomRequest(Place("set"), count, 1, StudyType.All, shards, size)));

        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
        Assert.Empty(_folder.EnumerateFileSystemInfos());
    }

    [Fact]
    public void Make_Stopped_LeavesNothing()
    {
        using var stop = new CancellationTokenSource();

        Assert.ThrowsAny<OperationCanceledException>(() =>
            PhantomSet.Make(new PhantomRequest(Place("set"), 200, 1, StudyType.All), _ => stop.Cancel(), stop.Token));

        Assert.Empty(_folder.EnumerateFileSystemInfos());
    }

    private static void Make(PhantomRequest request) => PhantomSet.Make(request, _ => { }, CancellationToken.None);

    private static string[] Files(string folder) =>
        [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).Order(StringComparer.Ordinal)];

    private static JsonElement[] Manifest(string folder) =>
        [.. File.ReadLines(Path.Combine(folder, "manifest.jsonl")).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];

    private string Place(string name) => Path.Combine(_folder.FullName, name);

    private string Made(string name, int count, int shards = 0)
    {
        Make(new PhantomRequest(Place(name), count, Seed: 1, StudyType.All, shards, Size: 96));
        return Place(name);
    }
}
