using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Evaluation.Tasks;

namespace MedMoE.Mesh.Evaluation.Tests.Tasks;

public sealed class ZeroShotTaskTests
{
    private static readonly string[] _classes = ["mass", "effusion", "normal", "fracture"];

    [Fact]
    public void Add_OfAStudyWithTwoKinds_IsRightWithEither()
    {
        var task = new ZeroShotTask(null, new SimilaritySettings());

        task.Add("xray", _classes, ["mass", "effusion"], [0.1, 0.6, 0.2, 0.1]);
        task.Add("xray", _classes, ["normal"], [0.7, 0.1, 0.1, 0.1]);

        var result = task.Result!;
        Assert.Equal(0.5, result.Accuracy);
        Assert.Equal((0.5 + 0.25) / 2, result.Chance, 12);
        Assert.Equal(0.5, result.ByType["xray"].Majority);
        Assert.Equal([[0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]], result.ByType["xray"].Confusion); // Of studies of one kind alone.
    }

    [Fact]
    public void Add_OfAFindingThatIsNoClass_LeavesTheStudyOut()
    {
        var task = new ZeroShotTask(null, new SimilaritySettings());

        task.Add("xray", _classes, ["cyst"], [1, 0, 0, 0]);

        Assert.Null(task.Result);
        Assert.Equal(1, task.LeftOut);
    }

    [Fact]
    public void Result_OverTypesOfUnequalSize_WeighsStudiesAndTypes()
    {
        var task = new ZeroShotTask(null, new SimilaritySettings());

        task.Add("xray", _classes, ["mass"], [1, 0, 0, 0]);
        task.Add("ct", ["cyst", "normal"], ["cyst"], [0, 1]);
        task.Add("ct", ["cyst", "normal"], ["normal"], [0, 1]);

        var result = task.Result!;
        Assert.Equal(2 / 3.0, result.Accuracy, 12);
        Assert.Equal(0.75, result.MacroAccuracy, 12);
        Assert.Equal((0.25 + 0.5 + 0.5) / 3, result.Chance, 12);
        Assert.Equal((0.25 + 0.5) / 2, result.MacroChance, 12);
    }
}
