using System.Text.Json;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Evaluation.Metrics;
using MedMoE.Mesh.Evaluation.Reading;
using MedMoE.Mesh.Evaluation.Tasks;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Studies;

namespace MedMoE.Mesh.Evaluation.Tests;

public sealed class EvaluatorTests : IDisposable
{
    private static readonly Box _box = new(10, 10, 40, 40);

    private readonly GoldenBundle _files = new(Architecture.Paper);
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Run_OfStudiesWithFindings_MeasuresEveryTask()
    {
        var result = Run(
            [.. Enumerable.Range(0, 10).Select(i => Study(i, i % 2, i % 3 == 0 ? [] : [Finding("mass", "mass")]))], Prompts(), candidates: 3);

        Assert.Equal(new Dictionary<string, int> { ["xray"] = 5, ["ct"] = 5, ["mri"] = 0, ["ultrasound"] = 0 }, result.Studies);
        Assert.Equal(10, result.Of<GateResult>()!.ReportConfusion.Sum(row => row.Sum()));
        Assert.Equal(10, result.Of<ZeroShotResult>()!.Studies);
        Assert.Equal(0.5, result.Of<ZeroShotResult>()!.Chance);
        Assert.Equal(6, result.Of<RetrievalResult>()!.Queries); // A group of three of each type; two left over of each take no part.
        Assert.Equal(6, result.Of<GroundingResult>()!.Phrases);
        Assert.Equal(10, ZeroShotCalibration(result)!.Bins.Sum(bin => bin.Count));
        Assert.Equal(["zero-shot: prompts of ct that the gate sends to another expert: 2 (\"mass\"; \"normal\")"], result.Notes);
    }

    [Fact]
    public void Run_OfStudiesWithoutFindings_HasNoGroundingAndNoZeroShot()
    {
        var result = Run([Study(0, 0, []), Study(1, 0, [])], Prompts());

        Assert.Null(result.Of<GroundingResult>());
        Assert.Null(result.Of<ZeroShotResult>());
        Assert.Contains("grounding: no findings in the data", result.Notes);
        Assert.Contains("zero-shot: no findings in the data", result.Notes);
        Assert.Contains("retrieval: 2 studies of type xray, fewer than 25 candidates", result.Notes);
        Assert.Equal(2, result.Of<RetrievalResult>()!.Candidates);
    }

    [Fact]
    public void Run_WithoutPrompts_HasNoZeroShotAndSaysSo()
    {
        var result = Run([Study(0, 0, [Finding("mass", "mass")])], null);

        Assert.Null(result.Of<ZeroShotResult>());
        Assert.Null(ZeroShotCalibration(result));
        Assert.Null(result.Of<RetrievalResult>());
        Assert.Contains("zero-shot: no prompts; see --prompts", result.Notes);
        Assert.Contains("retrieval: no type has two studies", result.Notes);
    }

    [Fact]
    public void Run_OfABrokenImage_LeavesItOutByName()
    {
        var broken = Study(1, 0, []) with { Image = [1, 2, 3] };

        var result = Run([Study(0, 0, []), broken], null);

        Assert.Equal(1, result.Studies["xray"]);
        Assert.Contains("studies left out: 1 (study-1: not an image: neither PNG nor JPEG)", result.Notes);
    }

    [Fact]
    public void Run_OfAnImageThatIsTooDark_ReadsAndNotesIt()
    {
        var result = Run([Study(0, 0, []), Study(1, 0, []) with { Image = Golden.TwelveBitsInSixteen() }], null);

        Assert.Equal(2, result.Studies["xray"]);
        var note = Assert.Single(result.Notes, n => n.Contains("16 bits", StringComparison.Ordinal));
        Assert.StartsWith("1 studies (study-1): ", note, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OfAReportOfAnyCharacter_IsReadOrLeftOutByName()
    {
        var result = Run([Study(0, 0, []), Study(1, 0, []) with { Report = "right \uFFFE lung" }], null);

        var leftOut = result.Notes.Count(note => note.StartsWith("studies left out: 1 (study-1: report cannot be read", StringComparison.Ordinal));
        Assert.Equal(2, result.Studies["xray"] + leftOut);
    }

    [Fact]
    public void Run_OfALabelThatIsNoneOfTheBundles_EndsWithItsReason()
    {
        using var reader = new StudyReader(_files.Open(), new TorchOptions(), ExpertChoice.Auto);
        StudyRecord record = new("a", () => throw new StudyDataException("a.tar, a: .cls 7 is not in 0..3"));

        Assert.Equal(
            "a.tar, a: .cls 7 is not in 0..3",
            Assert.Throws<StudyDataException>(() => new Evaluator(reader, null, candidates: 2).Run([record])).Message);
    }

    [Fact]
    public void Run_OfNothing_IsAnError()
    {
        Assert.Equal("no studies in the data", Assert.Throws<InvalidEvaluationException>(() => Run([], null)).Message);
        var e = Assert.Throws<InvalidEvaluationException>(() => Run([Study(0, 0, []) with { Image = [] }], null));
        Assert.Equal("none of 1 studies can be read; study-0: not an image: 0 bytes", e.Message);
    }

    [Fact]
    public void Run_OfPhrasesThatCannotBeGrounded_LeavesThemOutAndSaysWhy()
    {
        var long40 = string.Join(' ', Enumerable.Repeat("small", 40));
        Study[] studies =
        [
            Study(0, 0, [Finding("mass", "nodule")]),
            Study(1, 0, [Finding("mass", "mass") with { Box = new Box(0, 0, 0, 0) }]),
            Study(2, 0, [Finding("mass", "mass")]) with { Report = $"{long40} mass" },
            Study(3, 0, [Finding("mass", "mass")]),
        ];

        var result = Run(studies, null);

        Assert.Equal(1, result.Of<GroundingResult>()!.Phrases);
        var note = Assert.Single(result.Notes, n => n.StartsWith("grounding:", StringComparison.Ordinal));
        Assert.StartsWith(
            "grounding: phrases left out: 3 (study-0: the phrase of mass is not in the part of the report", note, StringComparison.Ordinal);
        Assert.Contains("study-1: mask or box of mass is empty", note, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WithAMask_TakesItRatherThanTheBox()
    {
        // Any picture of the image's size can be the mask; the box holds 100 of 130 × 100 pixels.
        var finding = Finding("mass", "mass") with { Box = new Box(0, 0, 10, 10) };
        var mask = File.ReadAllBytes(Golden.PathOf("preprocessing", "gray8_130x100.png"));

        var byBox = Run([Study(0, 0, [finding])], null).Of<GroundingResult>()!;
        var byMask = Run([Study(0, 0, [finding with { Mask = mask }])], null).Of<GroundingResult>()!;

        Assert.Equal(100.0 / (130 * 100), byBox.RegionShare, 6);
        Assert.True(byMask.RegionShare > 0.1);
    }

    [Fact]
    public void Run_WithAMaskOfAnotherSize_LeavesThePhraseOutAndSaysBothSizes()
    {
        var other = Finding("mass", "mass") with { Mask = File.ReadAllBytes(Golden.PathOf("preprocessing", "gray8_512x640.png")) };

        var result = Run([Study(0, 0, [other]), Study(1, 0, [Finding("mass", "mass")])], null);

        Assert.Equal(1, result.Of<GroundingResult>()!.Phrases);
        Assert.Contains("grounding: phrases left out: 1 (study-0: mask of mass has 512×640 pixels, its image 130×100)", result.Notes);
    }

    [Fact]
    public void Format_AsJson_HasTheNamesThatOthersReadBy()
    {
        var json = JsonDocument.Parse(Run(
            [.. Enumerable.Range(0, 4).Select(i => Study(i, 0, i == 0 ? [] : [Finding("mass", "mass")]))], Prompts()).ToJson()).RootElement;

        string[] paths =
        [
            "gate.report", "gate.image", "zero_shot.accuracy", "zero_shot.chance", "retrieval.recall_at_1", "retrieval.recall_at_5",
            "retrieval.recall_at_10", "grounding.pointing_game", "grounding.iou",
        ];
        Assert.All(paths, path => Assert.InRange(path.Split('.').Aggregate(json, (at, name) => at.GetProperty(name)).GetDouble(), 0, 1));
    }

    [Fact]
    public void Format_OfWhatWasNotDone_IsNull()
    {
        var result = Run([Study(0, 0, [])], null);

        var json = JsonDocument.Parse(result.ToJson()).RootElement;

        Assert.Equal(JsonValueKind.Null, json.GetProperty("grounding").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("zero_shot").ValueKind);
        Assert.DoesNotContain("pointing", result.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_PromptsAsCsv_AreThoseOfTheJson()
    {
        File.WriteAllText(_folder["prompts.json"], """{"xray": {"mass": ["a mass", "large, round mass"], "normal": ["clear lungs"]}}""");
        File.WriteAllText(
            _folder["prompts.csv"], "type,class,prompt\nX-ray,mass,a mass\nX-ray,normal,clear lungs\nX-ray,mass,\"large, round mass\"\n");
        var manifest = _files.Open().Manifest;

        var (json, csv) = (PromptSets.Read(_folder["prompts.json"], manifest), PromptSets.Read(_folder["prompts.csv"], manifest));

        Assert.Equal(json.Classes[0].SelectMany(c => c.Prompts.Prepend(c.Name)), csv.Classes[0].SelectMany(c => c.Prompts.Prepend(c.Name)));
    }

    [Theory]
    [InlineData("[]", "not prompt sets: ")]
    [InlineData("null", "not prompt sets: null")]
    [InlineData("""{"xray": {"a": [1e400], "normal": ["c"]}}""", "not prompt sets: ")]
    [InlineData("""{"xray": {"a": "b", "normal": ["c"]}}""", "not prompt sets: ")]
    [InlineData("""{"xray": {"a": ["b"], "a": ["d"], "normal": ["c"]}}""", "not prompt sets: a name is there twice (line 1")]
    [InlineData("""{"xray": {"a": ["b"], "b": ["c"]}, "xray": {"a": ["b"], "b": ["c"]}}""", "not prompt sets: a name is there twice (line 1")]
    [InlineData("""{"xray": {"a": ["\ud800"], "normal": ["c"]}}""", "not prompt sets: ")]
    [InlineData("""{"pet": {"a": ["b"], "normal": ["c"]}}""", "report type \"pet\" is not one of the bundle's: xray (X-ray, CR, DX, DR, MG), ct, ")]
    [InlineData("""{"xray": {"a": ["b"]}}""", "report type \"xray\" needs at least two classes with at least one prompt each")]
    [InlineData("""{"xray": {"a": ["b"], "normal": []}}""", "report type \"xray\" needs at least two classes with at least one prompt each")]
    public void Read_OfPromptsThatCannotBe_NamesFileAndFault(string json, string fault)
    {
        var path = _folder["prompts.json"];
        File.WriteAllText(path, json);

        var e = Assert.Throws<InvalidEvaluationException>(() => PromptSets.Read(path, _files.Open().Manifest));

        Assert.StartsWith($"{path}: {fault}", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    public void Dispose()
    {
        _files.Dispose();
        _folder.Dispose();
    }

    private static CalibrationOf? ZeroShotCalibration(EvaluationResult result) =>
        result.Tasks.SelectMany(task => task.Calibrations).Single(c => c.Name == "zero_shot").Found;

    private static Finding Finding(string name, string phrase) => new(name, phrase, _box, null);

    private static Study Study(int index, int type, IReadOnlyList<Finding> findings) => new(
        $"study-{index}",
        File.ReadAllBytes(Golden.PathOf("preprocessing", "gray8_130x100.png")),
        findings.Count == 0 ? $"No mass, {index}" : $"A mass of {index} on the left",
        type,
        findings);

    private EvaluationResult Run(IReadOnlyList<Study> studies, PromptSets? prompts, int candidates = 25)
    {
        using var reader = new StudyReader(_files.Open(), new TorchOptions(), ExpertChoice.Auto);
        return new Evaluator(reader, prompts, candidates).Run(studies.Select(study => new StudyRecord(study.Key, () => study)));
    }

    private PromptSets Prompts()
    {
        var path = _folder["prompts.json"];
        File.WriteAllText(
            path, """{"xray": {"mass": ["a mass", "large mass"], "normal": ["no mass"]}, "ct": {"mass": ["mass"], "normal": ["normal"]}}""");
        return PromptSets.Read(path, _files.Open().Manifest);
    }
}
