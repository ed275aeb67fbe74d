using MedMoE.Mesh.Evaluation.Metrics;
using MedMoE.Mesh.Evaluation.Tasks;

namespace MedMoE.Mesh.Evaluation.Tests.Metrics;

public sealed class RankingTests
{
    [Theory]
    [InlineData(new[] { 0.9f, 0.1f, 0.5f }, new[] { true, false, false }, 0)]
    [InlineData(new[] { 0.9f, 0.1f, 0.5f }, new[] { false, false, true }, 1)]
    [InlineData(new[] { 0.9f, 0.1f, 0.5f }, new[] { false, true, true }, 1)] // The better of two right ones counts.
    [InlineData(new[] { 0.5f, 0.5f, 0.5f }, new[] { true, false, false }, 2)] // Ties are lost.
    [InlineData(new[] { 0.5f, 0.5f, 0.5f }, new[] { true, true, false }, 1)] // But not among right ones.
    [InlineData(new[] { 0.5f, float.NaN, 0.1f }, new[] { true, false, false }, 1)]
    [InlineData(new[] { float.NaN, 0.2f, 0.1f }, new[] { true, false, false }, 2)]
    public void Rank_OfScores_CountsWrongOnesBeforeTheBestRightOne(float[] scores, bool[] right, int expected) =>
        Assert.Equal(expected, Ranking.Rank(scores, right));

    [Theory]
    [InlineData(25, 1, 5, 0.2)]
    [InlineData(4, 2, 1, 0.5)]
    [InlineData(4, 2, 2, 1 - (1 / 6.0))] // Two of the two wrong ones, of six pairs.
    [InlineData(3, 1, 10, 1)]
    public void Chance_OfARandomOrder_IsThatOfDrawingOneRight(int candidates, int right, int k, double expected) =>
        Assert.Equal(expected, Ranking.Chance(candidates, right, k), 12);

    [Fact]
    public void Retrieval_WithEqualReports_TakesEitherImageOrReport()
    {
        // Rows are images. Image 0's own report is third for it, but its twin (report 1) is first.
        float[][] scores = [[0.1f, 0.9f, 0.5f], [0.2f, 0.8f, 0.3f], [0.7f, 0.0f, 0.6f]];
        var task = new RetrievalTask(25);

        task.Add("xray", ["mass", "mass", "clear"], scores);

        var result = task.Result!;
        Assert.Equal(2 / 3.0, result.ImageToText.At1, 12); // Image 2 takes report 0 for its own.
        Assert.Equal(2 / 3.0, result.TextToImage.At1, 12); // Report 0 takes image 2 for its own; report 2 its own image.
        Assert.Equal(2 / 3.0, result.RecallAt1, 12);
        Assert.Equal(1, result.RecallAt5);
        Assert.Equal([2 / 3.0, 1, 1], result.ImageToTextCurve);
        Assert.Equal(((2 / 3.0) + (2 / 3.0) + (1 / 3.0)) / 3, result.Chance.At1, 12);
        Assert.Equal(3, result.Candidates);
        Assert.Equal(result.RecallAt1, result.ByType["xray"].At1);
    }

    [Fact]
    public void Retrieval_OfAModelThatTellsNothingApart_FindsNothing()
    {
        var task = new RetrievalTask(25);

        task.Add("ct", ["a", "b"], [[1, 1], [1, 1]]);

        Assert.Equal(0, task.Result!.RecallAt1);
    }
}
