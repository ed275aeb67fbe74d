using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Text;
using static MedMoE.Mesh.Studies.Tests.DataSet;

namespace MedMoE.Mesh.Studies.Tests;

public sealed class StudySourceTests
{
    [Fact]
    public void Open_EmptyFolder_SaysWhatWasLookedFor()
    {
        using var data = new DataSet();

        var e = Assert.ThrowsAny<InvalidInputException>(() => data.Open());

        Assert.Equal($"{data.Path}: no data in this folder; looked for manifest.jsonl, manifest.csv and *.tar", e.Message);
    }

    [Theory]
    [InlineData("missing.jsonl", "no such file")]
    [InlineData("missing.csv", "no such file")]
    [InlineData("missing.tar", "no such file")]
    [InlineData("missing", "neither a folder nor a .jsonl, .csv or .tar file")]
    public void Open_NothingThere_IsNamed(string name, string reason)
    {
        using var data = new DataSet();

        var e = Assert.Throws<StudyDataException>(() => data.Open(name));

        Assert.Equal($"{data[name]}: {reason}", e.Message);
    }

    [Fact]
    public void Open_SectionsOfReports_LeavesOutTheReportsWithoutThem()
    {
        using var data = new DataSet();
        string[] reports = ["INDICATION: cough. FINDINGS: nodule. IMPRESSION: none.", "a nodule", "FINDINGS: clear."];
        data.WithManifest(reports.Select((report, i) =>
        {
            var line = data.Line(i);
            line["report"] = report;
            return line;
        }));
        var skipped = new SkippedRecords();

        var studies = StudySource.Open(data.Path, Experts, ReportSections.Parse("findings")).ReadAll(skipped).ToArray();

        Assert.Equal(["nodule.", "clear."], studies.Select(study => study.Report.Trim()));
        Assert.Equal(reports.Where(report => report != "a nodule").Select(report => report.Length), studies.Select(study => study.Report.Length));
        Assert.Equal("1 record: manifest.jsonl:2, study-001: the report has no section of findings", skipped.ToString());
    }

    [Fact]
    public void Open_Folder_PrefersJsonLinesThenCsvThenShards()
    {
        using var data = new DataSet().WithStudies(3);
        data.WithFile("manifest.csv", Utf8("image,report,type\n0.png,of the csv,ct\n")).WithShard("a.tar", Sample(9));

        Assert.Equal(3, data.Open().ReadAll().Count());
        File.Delete(data["manifest.jsonl"]);
        Assert.Equal("of the csv", Assert.Single(data.Open().ReadAll()).Report);
        File.Delete(data["manifest.csv"]);
        Assert.Equal(Key(9), Assert.Single(data.Open().ReadAll()).Key);
    }

    [Fact]
    public void Open_FolderOfShards_TakesThemByName()
    {
        using var data = new DataSet().WithShard("b.tar", Sample(2)).WithShard("a.tar", [.. Sample(0), .. Sample(1)]).WithShard("c.tar", Sample(3));

        Assert.Equal([Key(0), Key(1), Key(2), Key(3)], data.Open().ReadAll().Select(s => s.Key));
    }

    [Fact]
    public void Open_RangesAndCommas_TakeTheShardsNamed()
    {
        using var data = new DataSet().WithShard("a-09.tar", Sample(9)).WithShard("a-10.tar", Sample(10)).WithShard("b.tar", Sample(2));

        Assert.Equal([Key(2), Key(9), Key(10)], StudySource.Open($"{data["b.tar"]},{data["a-{09..10}.tar"]}", Experts).ReadAll().Select(s => s.Key));
    }
}
