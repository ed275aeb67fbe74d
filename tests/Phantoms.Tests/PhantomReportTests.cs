using System.Text.Json;
using System.Text.RegularExpressions;
using MedMoE.Mesh.Phantoms.Plans;
using MedMoE.Mesh.Phantoms.Reports;

namespace MedMoE.Mesh.Phantoms.Tests;

public partial class PhantomReportTests
{
    private const int Reports = 1000;

    public static TheoryData<string> Types => [.. StudyType.All.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Types))]
    public void Write_AnyPlan_ShortPlainTextThatHoldsEveryPhrase(string type)
    {
        foreach (var (plan, report) in Many(type, seed: 1))
        {
            Assert.InRange(report.Text.Split(' ').Length, ReportWriter.FewestWords, 28);
            Assert.All(report.Text, c => Assert.InRange(c, ' ', 'z'));
            Assert.Equal(plan.Lesions.Count, report.Phrases.Count);
            Assert.All(report.Phrases, phrase => Assert.Contains(phrase, report.Text, StringComparison.Ordinal));
            Assert.DoesNotContain("{", report.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("[", report.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Write_PlanWithALesion_WordsTellItsKindSideAndZoneAndMostlyItsSize(string type)
    {
        var wording = Type(type).Wording;
        var words = new Dictionary<LesionSize, string[]>
        {
            [LesionSize.Small] = ["small", "tiny", "mild", "slight"],
            [LesionSize.Moderate] = ["moderate", "medium"],
            [LesionSize.Large] = ["large", "sizeable", "marked", "severe"],
        };
        var (sized, lesions) = (0, 0);
        foreach (var (plan, report) in Many(type, seed: 2).Where(r => r.Plan.Lesions.Count > 0))
        {
            var text = report.Text.ToLowerInvariant();
            foreach (var (lesion, phrase) in plan.Lesions.Zip(report.Phrases))
            {
                var names = wording.Names.Where(n => n.Key.Split('/')[0] == lesion.Kind.Name).SelectMany(n => n.Value);
                Assert.Contains(names, name => phrase.Contains(name, StringComparison.OrdinalIgnoreCase));
                Assert.DoesNotContain(words.Where(w => w.Key != lesion.Size).SelectMany(w => w.Value), word => Words(phrase).Contains(word));
                lesions++;
                sized += words[lesion.Size].Any(word => phrase.StartsWith(word, StringComparison.OrdinalIgnoreCase)) ? 1 : 0;
                Assert.True(lesion.Side is not { } side || text.Contains(side.ToString().ToLowerInvariant(), StringComparison.Ordinal), text);
                Assert.True(lesion.Kind.Zones.Count == 1 || wording.Zones[lesion.Zone].Any(z => text.Contains(z, StringComparison.Ordinal)), text);
            }
        }
        Assert.InRange(sized, 0.85 * lesions, 0.95 * lesions);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Write_OneLesion_NamesNoOtherSide(string type)
    {
        foreach (var (plan, report) in Many(type, seed: 3).Where(r => r.Plan.Lesions is [{ Side: not null }]))
        {
            var other = plan.Lesions[0].Side == Side.Left ? "right" : "left";
            Assert.DoesNotContain(other, Words(report.Text));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Remarks_OfManyReports_DenyNothingThatIsThere(string type)
    {
        var study = Type(type);
        foreach (var kind in study.Kinds)
        {
            var named = kind.Name.Split(' ')[^1];
            var denials = study.Wording.Remarks.Where(r => r.Text.StartsWith("no ", StringComparison.Ordinal) && Words(r.Text).Contains(named));
            Assert.All(denials, remark => Assert.Contains(kind.Name, remark.Unless));
        }
        Assert.All(study.Wording.Remarks.SelectMany(r => r.Unless), unless => Assert.Contains(study.Kinds, k => k.Name == unless));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Wording_OfEachType_HasTenTemplatesAndManyReports(string type)
    {
        var wording = Type(type).Wording;

        Assert.True(wording.Located.Concat(wording.Sided).Concat(wording.Central).Distinct().Count() >= 10);
        Assert.True(Many(type, seed: 4).Select(r => r.Report.Text).Distinct().Count() > 0.75 * Reports);
    }

    [Fact]
    public void Words_OfAllReports_AreFew() =>
        Assert.InRange(StudyType.All.SelectMany(t => Many(t.Name, seed: 5)).SelectMany(r => Words(r.Report.Text)).Distinct().Count(), 100, 350);

    /// <summary>A gate can learn the types from the reports: word counts of other reports are enough.</summary>
    [Fact]
    public void Words_OfAReport_GiveItsTypeAway()
    {
        var counts = StudyType.All.ToDictionary(
            t => t.Name, t => Many(t.Name, seed: 6).SelectMany(r => Words(r.Report.Text)).GroupBy(w => w).ToDictionary(g => g.Key, g => g.Count()));
        string Guess(string report) => counts.MaxBy(type => Words(report).Sum(w => Math.Log(type.Value.GetValueOrDefault(w) + 0.1))).Key;

        var right = StudyType.All.Sum(t => Many(t.Name, seed: 7).Count(r => Guess(r.Report.Text) == t.Name));

        Assert.InRange(right, 0.998 * Reports * StudyType.All.Count, Reports * StudyType.All.Count);
    }

    [Fact]
    public void Prompts_OfEachType_AreOfItsFindingsInWordsOfItsReports()
    {
        using var prompts = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "prompts.json")));

        Assert.Equal(StudyType.All.Select(t => t.Name), prompts.RootElement.EnumerateObject().Select(t => t.Name));
        foreach (var type in StudyType.All)
        {
            var classes = prompts.RootElement.GetProperty(type.Name);
            var known = Many(type.Name, seed: 8).SelectMany(r => Words(r.Report.Text)).ToHashSet();
            Assert.Equal([.. type.Kinds.Select(k => k.Name), "normal"], classes.EnumerateObject().Select(c => c.Name));
            Assert.All(classes.EnumerateObject(), c => Assert.True(c.Value.GetArrayLength() >= 3));
            Assert.All(
                classes.EnumerateObject().SelectMany(c => c.Value.EnumerateArray()),
                p => Assert.Subset(known, Words(p.GetString()!).ToHashSet()));
        }
    }

    private static StudyType Type(string name) => StudyType.All.Single(t => t.Name == name);

    private static IEnumerable<(StudyPlan Plan, WrittenReport Report)> Many(string type, int seed)
    {
        var study = Type(type);
        for (var i = 0; i < Reports; i++)
        {
            var chance = Chance.Of(seed, i);
            var plan = StudyPlan.Draw(chance, study.Kinds, study.Variants);
            yield return (plan, new ReportWriter(chance, study.Wording).Write(plan));
        }
    }

    private static IEnumerable<string> Words(string text) => Word().Matches(text.ToLowerInvariant()).Select(m => m.Value);

    [GeneratedRegex("[a-z]+")]
    private static partial Regex Word();
}
