using MedMoE.Mesh.Evaluation.Metrics;
using MedMoE.Mesh.Evaluation.Tasks;

namespace MedMoE.Mesh.Evaluation.Tests.Tasks;

public sealed class LinearProbeTests
{
    [Fact]
    public void Fit_OfOneFeature_FindsTheMinimum()
    {
        // Two examples of each class at ±1, mean 0 and deviation 1 already. By symmetry the weights are ±w without bias, and the penalised loss
        // 4 log(1 + exp(-2w)) + w² is least where w (1 + exp(2w)) = 4.
        var regression = LogisticRegression.Fit([[1], [1], [-1], [-1]], [1, 1, 0, 0], classes: 2);

        var w = 0.5;
        for (var i = 0; i < 100; i++)
        {
            w -= ((w * (1 + Math.Exp(2 * w))) - 4) / (1 + Math.Exp(2 * w) + (2 * w * Math.Exp(2 * w)));
        }
        Assert.Equal([-w, 0], regression.Weights[0].Select(v => Math.Round((double)v, 4)), (a, b) => Math.Abs(a - b) < 1e-3);
        Assert.Equal([w, 0], regression.Weights[1].Select(v => Math.Round((double)v, 4)), (a, b) => Math.Abs(a - b) < 1e-3);
    }

    [Fact]
    public void Predict_OfThreeSeparableClasses_IsRightWhateverTheScale()
    {
        float[][] examples = [[1000, 0.001f], [1001, 0.001f], [1000, 0.002f], [1001, 0.0021f], [1010, 0.001f], [1011, 0.0011f]];
        int[] labels = [0, 0, 1, 1, 2, 2];

        var regression = LogisticRegression.Fit(examples, labels, classes: 4);

        Assert.Equal(labels, examples.Select(regression.Predict));
    }

    [Fact]
    public void Fit_OfOneExample_AnswersItsClass()
    {
        var regression = LogisticRegression.Fit([[1, 2]], [2], classes: 3);

        Assert.Equal(2, regression.Predict([5, 5]));
    }

    [Fact]
    public void Result_OfEmbeddingsThatTellTheFinding_RisesWithTheTrainingShare()
    {
        var task = new ProbeTask();
        for (var i = 0; i < 80; i++)
        {
            var (type, mass) = (i % 2, i % 4 < 2);
            task.Add($"study-{i}", type == 0 ? "xray" : "ct", [mass ? "mass" : "normal"], [type, mass ? 1 : -1, i % 3]);
        }

        var result = task.Result!;

        Assert.Equal([0.01, 0.1, 1], result.Finding!.Select(p => p.Share));
        Assert.Equal([2, 4, 40], result.Finding!.Select(p => p.Training));
        Assert.Equal([1, 4, 40], result.ReportType!.Select(p => p.Training));
        Assert.Equal(1, result.Finding![2].Accuracy);
        Assert.Equal(1, result.ReportType![2].Accuracy);
        Assert.Equal(0.5, result.ReportType[0].Accuracy); // One study of one type.
        Assert.Equal(40, result.Tested);
        Assert.Equal(["xray", "ct"], result.FindingByType.Keys);
    }

    [Fact]
    public void Result_WithoutTwoClasses_IsNull()
    {
        var task = new ProbeTask();
        for (var i = 0; i < 4; i++)
        {
            task.Add($"study-{i}", "ct", i == 0 ? ["mass", "cyst"] : ["mass", "mass"], [i]);
        }

        Assert.Null(task.Result);
    }

    [Fact]
    public void Result_InAnotherOrderOfTheData_IsTheSame()
    {
        ProbeTask forth = new(), back = new();
        foreach (var i in Enumerable.Range(0, 30))
        {
            forth.Add($"{i}", "ct", [$"{i * i % 3}"], [i % 5, i % 7]);
            back.Add($"{29 - i}", "ct", [$"{(29 - i) * (29 - i) % 3}"], [(29 - i) % 5, (29 - i) % 7]);
        }

        Assert.Equal(forth.Result!.Finding, back.Result!.Finding);
    }
}
