using System.Numerics.Tensors;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Bundle.Gating;
using MedMoE.Mesh.Evaluation.Reading;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Analysis;

namespace MedMoE.Mesh.Evaluation.Tests;

public sealed class StudyReaderTests
{
    private static readonly string[] _images =
        ["gray8_512x640.png", "rgb8_400x300.png", "gray8_130x100.png", "rgba8_400x300.png", "gray16_512x512.png"];

    private static readonly string[] _reports =
    [
        "There is a large mass in the right lung, with cardiomegaly",
        "Axial T2 weighted image shows hyperintense lesion",
        "No mass",
        "Small effusion on the left; a mass, too",
        "Normal",
    ];

    private static readonly string[] _prompts = ["a mass", "left effusion"];

    [Theory]
    [InlineData(Architecture.Paper)]
    [InlineData(Architecture.Reference)]
    public void Read_OfABatch_SaysOfEachStudyWhatTheAnalyzerSays(Architecture architecture)
    {
        using var files = new GoldenBundle(architecture);
        using var analyzer = new ImageAnalyzer(files.Open(), new TorchOptions());
        using var reader = new StudyReader(files.Open(), new TorchOptions(), ExpertChoice.Auto);

        var (reports, readings) = Read(reader);

        var apart = false;
        for (var i = 0; i < _images.Length; i++)
        {
            var image = Image(i);
            var byImage = analyzer.Analyze(image, _reports[i], GatingPolicy.Image);
            var byReport = analyzer.Analyze(image, _reports[i], GatingPolicy.Report);
            apart |= byImage.Gate.Expert != byReport.Gate.Expert;
            Close(byImage.Gate.Probabilities.Values, readings[i].Gate);
            Close(byReport.Gate.Probabilities.Values, reports[i].Gate);
            Close(byImage.ImageEmbedding, readings[i].Embedding);
            for (var report = 0; report < _reports.Length; report++)
            {
                Close([Score(analyzer.Analyze(image, _reports[report], GatingPolicy.Image).Text!)], [readings[i].ReportScores[report]]);
            }
            for (var prompt = 0; prompt < _prompts.Length; prompt++)
            {
                Close([Score(analyzer.Analyze(image, _prompts[prompt], GatingPolicy.Report).Text!)], [readings[i].PromptScores[prompt]]);
            }
            var words = byReport.Text!.Words;
            Close(words[0].Attention, readings[i].PhraseMaps[0]);
            var both = new float[words[0].Attention.Length];
            TensorPrimitives.Add(words[0].Attention, words[^1].Attention, both);
            TensorPrimitives.Divide(both, 2, both);
            Close(both, readings[i].PhraseMaps[1]);
        }
        Assert.True(apart, "the gates pick the same expert for every study: nothing tells which of them was asked");
    }

    [Theory]
    [InlineData("mri")]
    [InlineData("type")]
    [InlineData("image")]
    public void Read_WithOneChoiceForAll_RunsOneExpertForEachImage(string choice)
    {
        using var files = new GoldenBundle(Architecture.Paper);
        using var reader = new StudyReader(files.Open(), new TorchOptions(), ExpertChoice.Parse(choice));

        Read(reader);

        Assert.Equal(_images.Length, reader.ExpertRuns.Sum());
        Assert.Equal(_images.Length, reader.ImagesRead);
        if (choice == "mri")
        {
            Assert.Equal([0, 0, 5, 0], reader.ExpertRuns);
        }
        if (choice == "type")
        {
            Assert.Equal([2, 1, 1, 1], reader.ExpertRuns);
        }
    }

    [Fact]
    public void Read_WithATypeForced_DiffersFromAnotherTypes()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        using var reader = new StudyReader(files.Open(), new TorchOptions(), new ExpertChoice(ExpertPolicy.Named, "ct"));
        using var analyzer = new ImageAnalyzer(files.Open(), new TorchOptions());

        var (_, readings) = Read(reader);

        Close(analyzer.Analyze(Image(0), _reports[0], GatingPolicy.Explicit, "ct").ImageEmbedding, readings[0].Embedding);
        Assert.NotEqual(analyzer.Analyze(Image(0), _reports[0], GatingPolicy.Explicit, "xray").ImageEmbedding[0], readings[0].Embedding[0], 3);
    }

    [Fact]
    public void Read_OfTheLastLevelAlone_KeepsTheFinestGridAndSeesLess()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        using var all = new StudyReader(files.Open(), new TorchOptions(), ExpertChoice.Parse("xray"));
        using var last = new StudyReader(files.Open(), new TorchOptions(), ExpertChoice.Parse("xray"), firstLevel: 3);

        var (fused, coarse) = (Read(all).Readings[0], Read(last).Readings[0]);

        Assert.Equal(fused.PhraseMaps[0].Length, coarse.PhraseMaps[0].Length);
        Assert.Equal(1, coarse.PhraseMaps[0].Sum(), 3);
        Assert.NotEqual(fused.ReportScores[0], coarse.ReportScores[0], 4);
        // Scores interpolated from 7 to 56 positions are linear between the centres of cells, positions 4 to 11; attention is their softmax.
        Assert.Equal(0, Bend(coarse.PhraseMaps[0]), 1e-4);
        Assert.NotEqual(0, Bend(fused.PhraseMaps[0]), 1e-4);
    }

    [Fact]
    public void Constructor_WithAnUnknownExpert_NamesThoseThereAre()
    {
        using var files = new GoldenBundle(Architecture.Paper);

        var e = Assert.Throws<InvalidEvaluationException>(() => new StudyReader(files.Open(), new TorchOptions(), ExpertChoice.Parse("petscan")));

        Assert.Equal("unknown expert \"petscan\"; expected one of xray (X-ray, CR, DX, DR, MG), ct, mri (MR), ultrasound (US)", e.Message);
    }

    [Fact]
    public void WordsOf_APhrase_AreThoseWithinItsPlace()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        using var reader = new StudyReader(files.Open(), new TorchOptions(), ExpertChoice.Auto);
        const string Report = "Small effusion on the left; a mass, too";

        var text = reader.Encode([Report])[0];

        Assert.Equal([0, 1], text.WordsOf("Small effusion", Report));
        Assert.Equal([4], text.WordsOf("left", Report));
        Assert.Empty(text.WordsOf("nodule", Report));
        Assert.Empty(text.WordsOf("effusio", Report)); // A part of a word is none.
    }

    private static (EncodedText[] Reports, IReadOnlyList<ImageReading> Readings) Read(StudyReader reader)
    {
        var reports = reader.Encode(_reports);
        var images = _images.Select(
            (_, i) => new StudyImage(reader.Preprocessor.Prepare(Image(i)).Pixels, i % 4, [[0], [0, reports[i].Tokens.Words.Count - 1]]));
        return (reports, reader.Read([.. images], reports, reader.Encode(_prompts)));
    }

    private static byte[] Image(int index) => File.ReadAllBytes(Golden.PathOf("preprocessing", _images[index]));

    /// <summary>The score of a prompt as in services/Router/Calls/Classify.cs; the word temperature is 5.</summary>
    private static float Score(TextGrounding text) => (text.GlobalSimilarity + ((text.LocalSimilarity - MathF.Log(text.Words.Count)) / 5)) / 2;

    private static double Bend(float[] map) =>
        Enumerable.Range(5, 6).Max(i => Math.Abs(Math.Log(map[i - 1]) - (2 * Math.Log(map[i])) + Math.Log(map[i + 1])));

    private static void Close(IEnumerable<float> expected, IEnumerable<float> actual)
    {
        Assert.Equal(expected.Count(), actual.Count());
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }
}
