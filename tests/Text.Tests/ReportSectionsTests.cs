
namespace MedMoE.Mesh.Text.Tests;

public sealed class ReportSectionsTests
{
    private const string Report = """
                                     FINAL REPORT
         EXAMINATION:  CHEST (PA AND LAT)

         INDICATION:  cough. Findings as before?

         FINDINGS:

         Lungs: clear. The
         history: none.

         IMPRESSION:  No acute process.
        """;

    [Theory]
    [InlineData("findings", "Lungs: clear. The history: none.")]
    [InlineData("Impression", "No acute process.")]
    [InlineData("findings, impression", "Lungs: clear. The history: none. No acute process.")]
    [InlineData("technique", null)]
    public void Pick_ByHeadings_LeavesTheRestBlank(string names, string? expected)
    {
        // "history:" at the start of a line counts as a heading, unless the sentence is understood.
        var report = Report.Replace("history", "patient", StringComparison.Ordinal);
        var picked = ReportSections.Parse(names).Pick(report);

        var words = picked?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected?.Replace("history", "patient", StringComparison.Ordinal), words is null ? null : string.Join(' ', words));
        // Words keep their positions.
        Assert.True(picked is null || (picked.Length == report.Length && picked.Index().All(c => c.Item == ' ' || c.Item == report[c.Index])));
    }

    [Theory]
    [InlineData("INDICATION: cough. FINDINGS: Clear. IMPRESSION: Normal.", "findings", "Clear.")]
    [InlineData("FINDINGS AND IMPRESSION: Clear.", "impression", "Clear.")]
    [InlineData("Findings/Impression: Clear.", "impression", "Clear.")]
    [InlineData("Impression: Clear. See findings: none.", "findings", null)]
    [InlineData("", "findings", null)]
    public void Pick_OtherFormsOfHeadings_AreRead(string report, string names, string? expected) =>
        Assert.Equal(expected, ReportSections.Parse(names).Pick(report)?.Trim());

    [Fact]
    public void ToString_OfTheSameSections_IsTheSameAndCanBeRead()
    {
        var sections = ReportSections.Parse("Impression,FINDINGS,findings").ToString();

        Assert.Equal("findings, impression", sections);
        Assert.Equal(sections, ReportSections.Parse(sections).ToString());
    }

    [Theory]
    [InlineData("lungs")]
    [InlineData("")]
    [InlineData("findings,lungs")]
    public void Parse_NoHeading_SaysWhich(string names) => Assert.Throws<FormatException>(() => ReportSections.Parse(names));
}
