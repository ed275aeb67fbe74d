using MedMoE.Mesh.Evaluation.Reading;
using MedMoE.Mesh.Trainer.Ablation;

namespace MedMoE.Mesh.Trainer.Tests.Ablation;

public sealed class ScoreTests : IDisposable
{
    private const string Whole = """{"ZeroShot":0.5,"RecallAt1":0.25,"RecallAt5":1,"PointingGame":0,"Iou":0.125}""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_WhatWasWritten_IsTheSame()
    {
        var score = new Score(0.5, 0.25, 1, 0, 0.125);

        score.Write(_folder["a.json"]);

        Assert.Equal(Whole, File.ReadAllText(_folder["a.json"]));
        Assert.Equal(score, Score.Read(_folder["a.json"]));
    }

    [Theory]
    [InlineData("0.125", "1e400", "the number 1e400 is out of range")]
    [InlineData("0.125", "\"high\"", "not a score of this command: ")]
    [InlineData("0.125", "null", "not a score of this command: ")]
    [InlineData("\"RecallAt1\"", "\"ZeroShot\"", "not JSON: \"ZeroShot\" is there twice")]
    [InlineData("\"Iou\"", "\"IoU\"", "not a score of this command: ")]
    [InlineData("}", "", "not JSON: ")]
    [InlineData(Whole, "null", "not a JSON object")]
    public void Read_NoScore_OneLineNamesFileAndFault(string part, string other, string fault)
    {
        Assert.Contains(part, Whole, StringComparison.Ordinal);
        File.WriteAllText(_folder["a.json"], Whole.Replace(part, other, StringComparison.Ordinal));

        var e = Assert.Throws<InvalidEvaluationException>(() => Score.Read(_folder["a.json"]));

        Assert.StartsWith($"{_folder["a.json"]}: {fault}", e.Message, StringComparison.Ordinal);
        Assert.EndsWith("; delete the file to compute it again", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }
}
