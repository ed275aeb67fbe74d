using System.Text;
using System.Text.Json.Nodes;
using MedMoE.Mesh.Bundle;
using static MedMoE.Mesh.Studies.Tests.DataSet;

namespace MedMoE.Mesh.Studies.Tests;

public sealed class ManifestTests
{
    [Fact]
    public void ReadAll_JsonLines_GivesEverythingOfAStudy()
    {
        using var data = new DataSet();
        var line = data.Line(7, "mri");
        line["report"] = "Läsion links, 3 µm.\nSonst „unauffällig“.";
        line["side"] = "left";
        line["findings"] = new JsonArray(
            new JsonObject
            {
                ["name"] = "mass",
                ["phrase"] = "Läsion links",
                ["box"] = new JsonArray(1, 2, 3, 4),
                ["mask"] = "m.png",
                ["size"] = "small",
            },
            new JsonObject { ["name"] = "cyst", ["phrase"] = "Sonst", ["box"] = new JsonArray(0, 0, 8, 8) });
        data.WithManifest(line, "").WithFile("m.png", Png(255));

        var study = Assert.Single(data.Open().ReadAll());

        Assert.Equal((Key(7), 2, "Läsion links, 3 µm.\nSonst „unauffällig“."), (study.Key, study.ReportType, study.Report));
        Assert.Equal(Png(7), study.Image);
        Assert.Equal(("mass", "Läsion links", new Box(1, 2, 3, 4)), (study.Findings[0].Name, study.Findings[0].Phrase, study.Findings[0].Box));
        Assert.Equal(Png(255), study.Findings[0].Mask);
        Assert.Null(study.Findings[1].Mask);
    }

    [Fact]
    public void ReadAll_Csv_TakesQuotesNewlinesAndForeignLetters()
    {
        using var data = new DataSet();
        data.Line(1);
        data.WithFile("manifest.csv", [.. Encoding.UTF8.Preamble, .. Utf8(
            "Type,extra,image,report\r\nct,x,1.png,\"Zeile eins,\r\nmit \"\"Größe\"\" 5 µm\r\n\r\n所見なし\"\r\n"
            + "mri,,1.png,zweiter\r\nxray,,2.png,no image\r\n")]);
        var skipped = new SkippedRecords();

        var studies = data.Open().ReadAll(skipped).ToArray();

        Assert.Equal(["Zeile eins,\r\nmit \"Größe\" 5 µm\r\n\r\n所見なし", "zweiter"], studies.Select(s => s.Report));
        Assert.Equal([1, 2], studies.Select(s => s.ReportType));
        // Without a key column the image names the study; an image with two reports is two studies.
        Assert.Equal(["1.png", "1.png#6"], studies.Select(s => s.Key));
        Assert.Equal(["manifest.csv:7, 2.png: 2.png: no such file"], skipped.First.Select(s => s.ToString()));
    }

    [Fact]
    public void ReadAll_CsvWithKeys_UsesThem()
    {
        using var data = new DataSet();
        data.Line(1);
        data.WithFile("manifest.csv", Utf8("key,image,report,type\nfirst,1.png,r,ct\n"));

        Assert.Equal("first", Assert.Single(data.Open().ReadAll()).Key);
    }

    [Theory]
    [InlineData("image;report;type", "semicolons")]
    [InlineData("image\treport\ttype", "tabs")]
    public void Open_CsvWithAnotherSeparator_SaysWhich(string header, string separator)
    {
        using var data = new DataSet().WithFile("manifest.csv", Utf8($"{header}\n1.png;r;ct\n"));

        var e = Assert.Throws<StudyDataException>(() => data.Open());

        Assert.EndsWith($"manifest.csv: the header is one column, \"{header}\": separate fields with commas, not {separator}", e.Message);
    }

    [Fact]
    public void ReadAll_MisplacedQuoteInTheHeader_IsNoFaultOfTheFirstRow()
    {
        using var data = new DataSet().WithStudies(1).WithFile("manifest.csv", Utf8("image,report,type,no\"te\n0.png,r,ct,x\n"));
        Assert.Single(data.Open("manifest.csv").ReadAll());
    }

    [Fact]
    public void ReadAll_FindingsCsv_BelongToTheirStudies()
    {
        using var data = new DataSet().WithStudies(2).WithFile("findings.csv", Utf8(
            "key,name,phrase,left,top,width,height,mask\na,mass,large mass,1,2,3,4,\na,cyst,small cyst,0,0,2,2,1.png\n"))
            .WithFile("manifest.csv", Utf8("key,image,report,type\na,0.png,r,CT\nb,1.png,r,x-ray\n"));

        Study[] studies = [.. data.Open("manifest.csv").ReadAll()];

        Assert.Equal([1, 0], studies.Select(s => s.ReportType));
        Assert.Equal([("mass", new Box(1, 2, 3, 4), false), ("cyst", new Box(0, 0, 2, 2), true)],
            studies[0].Findings.Select(f => (f.Name, f.Box, f.Mask is not null)));
        Assert.Empty(studies[1].Findings);
    }

    [Theory]
    [InlineData("c,mass,m,1,2,3,4", "no record of the manifest has its key, c")]
    [InlineData("a,mass,m,1,2,wide,4", "width is not a whole number of pixels")]
    [InlineData("a,mass,m,1,2,3,0", "height is 0: a box has at least one pixel")]
    [InlineData("a,mass, ,1,2,3,4", "phrase is empty")]
    [InlineData(",mass,m,1,2,3,4", "key is empty")]
    [InlineData("a,mass,m,1,2,3,4,5,6", "9 fields under a header of 7: a comma without quotes?")]
    public void ReadAll_FindingsCsvThatDoesNotFit_IsLeftOutAndNamed(string row, string reason)
    {
        using var data = new DataSet().WithStudies(1)
            .WithFile("findings.csv", Utf8($"key,name,phrase,left,top,width,height\n{row}\na,cyst,small cyst,0,0,2,2\n"))
            .WithFile("manifest.csv", Utf8("key,image,report,type\na,0.png,r,CT\nb,,r,CT\n"));
        var skipped = new SkippedRecords();

        var study = Assert.Single(data.Open("manifest.csv").ReadAll(skipped));

        Assert.Equal("cyst", Assert.Single(study.Findings).Name);
        Assert.Equal(["manifest.csv:3, b: no image", $"findings.csv:2: {reason}"], skipped.First.Select(s => s.ToString()));
    }

    [Fact]
    public void ReadAll_GitLfsPointers_AreNamed()
    {
        var pointer = Utf8("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
        using var data = new DataSet().WithStudies(1).WithFile("0.png", pointer).WithFile("other.csv", pointer);
        var skipped = new SkippedRecords();

        Assert.Empty(data.Open("manifest.jsonl").ReadAll(skipped));

        Assert.EndsWith("0.png: a Git LFS pointer, not the file itself: fetch it with git lfs pull", Assert.Single(skipped.First).Reason);
        Assert.Contains("other.csv: a Git LFS pointer", Assert.Throws<StudyDataException>(() => data.Open("other.csv")).Message);
    }

    [Fact]
    public void Open_CsvWithoutAColumn_IsNamed()
    {
        using var data = new DataSet().WithFile("manifest.csv", Utf8("picture,report,type\n1.png,r,ct\n"));

        Assert.Contains("manifest.csv: no column \"image\"", Assert.Throws<StudyDataException>(() => data.Open()).Message);
    }

    [Fact]
    public void Open_CsvOfAnotherEncoding_IsRefused()
    {
        using var data = new DataSet().WithFile("manifest.csv", Encoding.Latin1.GetBytes("image,report,type\n1.png,Größe,ct\n"));

        Assert.Contains("manifest.csv: not UTF-8", Assert.Throws<StudyDataException>(() => data.Open()).Message);
    }

    [Theory]
    [InlineData("manifest.jsonl", "\n\n")]
    [InlineData("manifest.csv", "")]
    [InlineData("manifest.csv", "image,report,type\n")]
    public void Open_ManifestWithoutRecords_IsRefused(string name, string content)
    {
        using var data = new DataSet().WithFile(name, Utf8(content));

        Assert.Equal($"{data[name]}: it has no records", Assert.Throws<StudyDataException>(() => data.Open()).Message);
    }

    [Fact]
    public void ReadAll_BadRecords_AreSkippedCountedAndNamed()
    {
        using var data = new DataSet();
        JsonObject With(int study, string field, JsonNode? value)
        {
            var line = data.Line(study);
            line[field] = value;
            return line;
        }
        JsonArray Finding(JsonNode? box, string? mask = null, string name = "mass") =>
            [new JsonObject { ["name"] = name, ["phrase"] = "p", ["box"] = box, ["mask"] = mask }];
        data.WithManifest(
            data.Line(0),
            "{\"key\":\"cut",
            With(2, "report", " \n"),
            With(3, "report", null),
            With(4, "image", null),
            With(5, "image", "gone.png"),
            With(6, "type", null),
            With(7, "report", 5),
            With(8, "findings", Finding(new JsonArray(0, 0, 4))),
            With(9, "findings", Finding(new JsonArray(0, 0, 4, 0))),
            With(10, "findings", Finding(new JsonArray(-1, 0, 4, 4))),
            With(11, "findings", Finding(new JsonArray(0, 0, 4, 4), mask: "gone.png")),
            With(12, "findings", Finding(new JsonArray(0, 0, 4, 4), name: "")),
            With(13, "image", "bad\0path.png"),
            "null",
            "{\"key\":\"x\",\"report\":\"\\ud800\",\"image\":\"0.png\",\"type\":\"ct\"}",
            data.Line(99));
        var skipped = new SkippedRecords();

        var studies = data.Open().ReadAll(skipped);

        Assert.Equal([Key(0), Key(99)], studies.Select(s => s.Key));
        Assert.Equal(15, skipped.Count);
        Assert.Equal(
            [
                "manifest.jsonl:2: JSON cannot be read at column 12, key",
                "manifest.jsonl:3, study-002: empty report",
                "manifest.jsonl:4, study-003: empty report",
                "manifest.jsonl:5, study-004: no image",
                "manifest.jsonl:6, study-005: gone.png: no such file",
                "manifest.jsonl:7, study-006: no type",
                "manifest.jsonl:8: JSON cannot be read at column 46, report",
                "manifest.jsonl:9, study-008: finding \"mass\": box is not [left, top, width, height] in pixels",
                "manifest.jsonl:10, study-009: finding \"mass\": box is not [left, top, width, height] in pixels",
                "manifest.jsonl:11, study-010: finding \"mass\": box is not [left, top, width, height] in pixels",
                "manifest.jsonl:12, study-011: gone.png: no such file",
                "manifest.jsonl:13, study-012: a finding without name or phrase",
            ],
            skipped.First.Take(12).Select(s => s.ToString()));
        Assert.Equal(
            [("manifest.jsonl:14, study-013", false), ("manifest.jsonl:15", false), ("manifest.jsonl:16", false)],
            skipped.First.Skip(12).Select(s => (s.Key, s.Reason.Contains('\n'))));
    }

    [Fact]
    public void SkippedRecords_More_AreCountedAndNotKept()
    {
        var skipped = new SkippedRecords(named: 2);
        for (var i = 0; i < 5; i++)
        {
            skipped.Add($"{i}", "why");
        }

        Assert.Equal((5, "0: why", "1: why", 2), (skipped.Count, $"{skipped.First[0]}", $"{skipped.First[1]}", skipped.First.Count));
    }

    [Fact]
    public void Open_UnknownType_EndsAtOnceAndNamesLabelRecordAndTypes()
    {
        using var data = new DataSet();
        data.WithManifest(data.Line(0), data.Line(1, "mammography"), data.Line(2));

        var e = Assert.ThrowsAny<InvalidInputException>(() => data.Open());

        Assert.Equal(
            "manifest.jsonl:2, study-001: report type \"mammography\" is not one of the bundle's: xray (X-ray, CR, DX), ct, mri (MR)", e.Message);
    }

    [Fact]
    public void Open_ReportWhereATypeShouldBe_IsNotRepeated()
    {
        using var data = new DataSet();
        data.WithManifest(data.Line(0, "The patient " + new string('x', 500)));

        Assert.InRange(Assert.Throws<StudyDataException>(() => data.Open()).Message.Length, 60, 160);
    }

    [Fact]
    public void Read_Orders_DependOnSeedAndEpochAlone()
    {
        using var data = new DataSet().WithStudies(50);
        string[] Keys(ShuffleOrder? order) => [.. data.Open().Read(order).Select(r => r.Key)];

        var first = Keys(new ShuffleOrder(Seed: 1, Epoch: 0));

        Assert.Equal(first, Keys(new ShuffleOrder(Seed: 1, Epoch: 0)));
        Assert.Equal(Keys(null), first.Order(StringComparer.Ordinal));
        Assert.NotEqual(Keys(null), first);
        Assert.NotEqual(first, Keys(new ShuffleOrder(Seed: 1, Epoch: 1)));
        Assert.NotEqual(first, Keys(new ShuffleOrder(Seed: 2, Epoch: 0)));
    }
}
