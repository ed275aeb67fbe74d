using MedMoE.Mesh.Studies;
using MedMoE.Mesh.Studies.Tests;

namespace MedMoE.Mesh.Training.Tests;

public sealed class StudyBatchesTests
{
    [Fact]
    public void Told_TrainingAndValidation_AreToldWhenAPassHasEndedAndOnce()
    {
        using var training = new DataSet().WithStudies(8);
        using var validation = new DataSet().WithStudies(8);
        File.Delete(training["3.png"]);
        File.Delete(validation["5.png"]);
        var options = new LoaderOptions { BatchSize = 2 };
        var told = new List<string>();
        var batches = new StudyBatches(training.Loader(options), validation.Loader(options)) { Told = told.Add };

        Assert.Equal(3, batches.Epoch(0, skip: 0).Count());
        Assert.Equal(3, batches.Validation!.Count());
        Assert.Equal(3, batches.Epoch(1, skip: 0).Count());
        Assert.Equal(3, batches.Validation!.Count());
        batches.Tell();

        Assert.Equal(
            [
                "left out of an epoch: 1 records; the first: study-003: 3.png: no such file",
                "left out of the validation data: 1 records; the first: study-005: 5.png: no such file",
            ],
            told);
    }

    [Fact]
    public void Told_ImagesThatAreTooDark_AreUsedAndCountedOnce()
    {
        using var data = new DataSet().WithStudies(8);
        foreach (var study in Enumerable.Range(0, 5))
        {
            data.WithFile($"{study}.png", Golden.TwelveBitsInSixteen());
        }
        var told = new List<string>();
        var batches = new StudyBatches(data.Loader(new LoaderOptions { BatchSize = 2 }), null) { Told = told.Add };

        Assert.Equal(4, batches.Epoch(0, skip: 0).Count());
        Assert.Equal(4, batches.Epoch(1, skip: 0).Count());
        batches.Tell();

        Assert.Matches(
            "^in an epoch: 5 studies \\(study-00\\d; study-00\\d; study-00\\d; …\\): the image has 16 bits, but [^\n]*sBIT", Assert.Single(told));
    }

    [Fact]
    public void Told_EpochThatDidNotEnd_IsToldWhenAskedFor()
    {
        using var data = new DataSet().WithStudies(8);
        foreach (var study in Enumerable.Range(0, 6))
        {
            File.Delete(data[$"{study}.png"]);
        }
        var told = new List<string>();
        var batches = new StudyBatches(data.Loader(new LoaderOptions { BatchSize = 1, ReadAhead = 1, Workers = 1 }), null) { Told = told.Add };

        foreach (var batch in batches.Epoch(0, skip: 0).Take(2))
        {
            Assert.Empty(told);
        }
        batches.Tell();

        Assert.StartsWith("left out of an epoch: ", Assert.Single(told), StringComparison.Ordinal);
    }
}
