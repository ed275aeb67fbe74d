using System.Text;
using MedMoE.Mesh.Imaging;
using static MedMoE.Mesh.Studies.Tests.DataSet;

namespace MedMoE.Mesh.Studies.Tests;

/// <summary>Invalid manifests, and records that turn out to be invalid only when they are prepared.</summary>
public sealed class OddManifestsTests
{
    private static string With(string field) => Good.Replace("}", $", {field}}}");

    private static string Good => """{"image": "1.png", "report": "r", "type": "ct"}""";

    [Fact]
    public void ReadAll_JoinedJsonLines_TheSecondsByteOrderMarkIsNone() =>
        AssertRead("manifest.jsonl", $"\uFEFF{Good}\r\n\r\n \uFEFF\n\uFEFF{Good}\r\n", 2, "manifest.jsonl:3: JSON cannot be read at column 1");

    [Fact]
    public void ReadAll_OddJsonLines_AreNamed() => AssertRead(
        "manifest.jsonl",
        string.Join(
            '\n', Good, Good + Good, $"{Good},", $"[{Good}]", Good.Replace("ct", "ct\", \"type\": \"mri"), With("\"findings\": [null]"),
            With("\"findings\": [{\"name\": \"n\", \"phrase\": \"r\", \"box\": null}]"), Good.Replace("image", "Image"), With("\"x\": 1")),
        2,
        "manifest.jsonl:2: JSON cannot be read at column 48", "manifest.jsonl:3: JSON cannot be read at column 48",
        "manifest.jsonl:4: JSON cannot be read at column 2",
        "manifest.jsonl:5: JSON cannot be read at column 56, type", "manifest.jsonl:6, 1.png#6: a finding that is null",
        "manifest.jsonl:7, 1.png#7: finding \"n\": box is not [left, top, width, height] in pixels", "manifest.jsonl:8: no image");

    [Fact]
    public void ReadAll_JsonLineOfAnotherEncoding_IsNamed()
    {
        using var data = new DataSet();
        data.Line(1);
        data.WithFile("manifest.jsonl", [.. Utf8(Good), (byte)'\n', .. Encoding.Latin1.GetBytes(Good.Replace("\"r\"", "\"Größe\""))]);
        var skipped = new SkippedRecords();

        Assert.Single(data.Open().ReadAll(skipped));
        Assert.StartsWith("manifest.jsonl:2: JSON cannot be read", Assert.Single(skipped.First).ToString());
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public void Open_JsonLinesInUtf16_AreRefusedAsAWhole(string encoding)
    {
        var utf16 = Encoding.GetEncoding(encoding);
        using var data = new DataSet().WithFile("manifest.jsonl", [.. utf16.GetPreamble(), .. utf16.GetBytes(Good)]);

        Assert.Equal($"{data["manifest.jsonl"]}: UTF-16, not UTF-8; save it as UTF-8", Assert.Throws<StudyDataException>(() => data.Open()).Message);
    }

    [Fact]
    public void ReadAll_OddCsvRows_AreNamed() => AssertRead(
        "manifest.csv",
        "image,type,report\r\n1.png,ct,fine\r\n\r\n1.png,ct,\"two, quoted\",,\r\n1.png,ct,No mass, no effusion\r\n1.png,ct\r\n1.png\r\n,,\r\n"
        + "1.png,ct,a \"b\" c\r\n1.png,mri,last before it goes wrong\r\n1.png,ct,\"never closed\r\n1.png,ct,r\r\n1.png,ct,r\r\n",
        3,
        "manifest.csv:5: 4 fields under a header of 3: a comma without quotes?",
        "manifest.csv:6, 1.png#6: empty report", "manifest.csv:7, 1.png#7: empty report", "manifest.csv:8: no image",
        "manifest.csv:9: misplaced quote in the CSV", "manifest.csv:13: a quote that is opened in line 11 is never closed");

    [Theory]
    [InlineData("image,report,type,Report", "column \"report\" is duplicated")]
    [InlineData("key,image,report,type, key ", "column \"key\" is duplicated")]
    [InlineData("picture,report,type", "no column \"image\"; required columns: image, report, type; optional: key")]
    public void Open_OddCsvHeaders_AreRefused(string header, string reason)
    {
        using var data = new DataSet().WithFile("manifest.csv", Utf8($"{header}\n1.png,r,ct,r,k\n"));

        Assert.Equal($"{data["manifest.csv"]}: {reason}", Assert.Throws<StudyDataException>(() => data.Open()).Message);
    }

    [Fact]
    public void Loader_ReportOfAnyCharacter_EndsNoRun()
    {
        using var data = new DataSet();
        string[] reports =
            ["right \uFFFE lung", "right \uFFFF lung", "\uFDD0", "\u0000 a", "a\u202Eb", "\U0010FFFF", "e\u0301\u0301\u0301", "no mass"];
        data.WithManifest(reports.Select((report, i) =>
        {
            var line = data.Line(i);
            line["report"] = report;
            return line;
        }));
        var skipped = new SkippedRecords();

        var studies = data.Loader().ReadAll(skipped).ToArray();

        Assert.Equal(reports.Length, studies.Length + skipped.Count);
        Assert.Contains(studies, s => s.Key == Key(7));
        Assert.All(skipped.First, s => Assert.Matches("^report (without words|cannot be read: .*)$", s.Reason));
    }

    [Fact]
    public void Guard_WhateverIsThrown_IsTheRecordsFault()
    {
        string Reason(Exception thrown) =>
            Assert.Throws<BadRecordException>(() => BadRecordException.Guard<int>("report", () => throw thrown)).Message;

        Assert.Equal("report cannot be read: ArgumentException", Reason(new ArgumentException("the patient's name")));
        Assert.Equal("report cannot be read: IndexOutOfRangeException", Reason(new IndexOutOfRangeException()));
        Assert.Equal("report needs more memory than is available", Reason(new InsufficientMemoryException()));
        Assert.Equal("broken image: why", Reason(new InvalidImageException("broken image: why")));
        Assert.Equal("no image", Reason(new BadRecordException("no image")));
        Assert.Throws<OperationCanceledException>(() => BadRecordException.Guard<int>("report", () => throw new OperationCanceledException()));
        Assert.Equal(7, BadRecordException.Guard("report", () => 7));
    }

    [Fact]
    public void Read_ByType_StudiesOfATypeThatFillsNoBatch_AreNamed()
    {
        using var data = new DataSet();
        int[] types = [0, 0, 0, 1, 0, 2, 2, 0];
        data.WithManifest(types.Select((type, study) => data.Line(study, Types[type])));
        var skipped = new SkippedRecords();

        var batches = data.Loader(new LoaderOptions { BatchSize = 2, Batches = BatchPlan.ByType }).Read(0, skipped).ToArray();

        // Each epoch leaves out a different one of the five studies of type 0.
        Assert.Equal(3, batches.Length);
        Assert.Equal([$"{Key(3)}: its report type has 1 usable study, fewer than a batch of 2"], skipped.First.Select(s => s.ToString()));
    }

    private static void AssertRead(string name, string manifest, int studies, params string[] faults)
    {
        using var data = new DataSet();
        data.Line(1);
        data.WithFile(name, Utf8(manifest));
        var source = data.Open();
        var skipped = new SkippedRecords();

        Assert.Equal(studies, source.ReadAll(skipped).Count());
        Assert.Equal(faults, skipped.First.Select(s => s.ToString()));
        Assert.Equal(source.Count, studies + skipped.Count);
    }
}
