using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Studies;
using MedMoE.Mesh.Studies.Tests;

namespace MedMoE.Mesh.Training.Tests;

public sealed class StudyBatchesTests
{
    [Fact]
    public void Pass_RecordsLeftOut_AreNamedWhenFoundAndCountedOnce()
    {
        using var training = new DataSet().WithStudies(8);
        using var validation = new DataSet().WithStudies(8);
        File.Delete(training["3.png"]);
        File.Delete(validation["5.png"]);
        var options = new LoaderOptions { BatchSize = 2 };
        var told = new List<string>();
        var batches = Batches(training.Loader(options), validation.Loader(options), told);

        Assert.Equal(3, batches.Epoch(0, skip: 0).Count());
        Assert.Equal(3, batches.Validation!.Count());
        Assert.Equal(3, batches.Epoch(1, skip: 0).Count());
        Assert.Equal(3, batches.Validation!.Count());
        batches.End();

        Assert.Equal(
            [
                "left out of the training data: manifest.jsonl:4, study-003: 3.png: no such file",
                "training data: 1 record left out, 6 used, 1 in a last batch that was not full (not used in this pass)",
                "training data: tokens that the vocabulary does not have ([UNK]): 0 of 60 (0.0 %); text is lower-cased",
                "left out of the validation data: manifest.jsonl:6, study-005: 5.png: no such file",
                "validation data: 1 record left out, 6 used, 1 in a last batch that was not full (not used in this pass)",
                "validation data: tokens that the vocabulary does not have ([UNK]): 0 of 60 (0.0 %); text is lower-cased",
            ],
            told);
    }

    [Fact]
    public void Pass_ImagesThatAreTooDark_AreUsedAndCountedOnce()
    {
        using var data = new DataSet().WithStudies(8);
        foreach (var study in Enumerable.Range(0, 5))
        {
            data.WithFile($"{study}.png", Golden.TwelveBitsInSixteen());
        }
        var told = new List<string>();
        var batches = Batches(data.Loader(new LoaderOptions { BatchSize = 2 }), null, told);

        Assert.Equal(4, batches.Epoch(0, skip: 0).Count());
        Assert.Equal(4, batches.Epoch(1, skip: 0).Count());
        batches.End();

        Assert.Matches(
            "^training data: 5 studies \\(study-00\\d; study-00\\d; study-00\\d; …\\): the image has 16 bits, but [^\n]*sBIT", told[0]);
        Assert.Equal(2, told.Count);
    }

    [Fact]
    public void Pass_BrokenOff_IsDescribedAtTheEnd()
    {
        using var data = new DataSet().WithStudies(8);
        foreach (var study in Enumerable.Range(0, 6))
        {
            File.Delete(data[$"{study}.png"]);
        }
        var told = new List<string>();
        var batches = Batches(data.Loader(new LoaderOptions { BatchSize = 1, ReadAhead = 1, Workers = 1 }), null, told);

        Assert.Single(batches.Epoch(0, skip: 0).Take(1));
        var named = told.Count;
        batches.End();

        Assert.Equal($"training data, as far as read: {named} record{(named == 1 ? "" : "s")} left out, 1 used", told[named]);
    }

    [Fact]
    public void Open_LongReports_SaysBeforeTheTrainingThatTheyAreCut()
    {
        using var data = new DataSet().WithStudies(4);
        var told = new List<string>();
        var manifest = BundleManifest.Read(Golden.PathOf("medmoe-nano-paper", "medmoe.json")) with { Text = new TextSettings(MaxTokens: 4) };
        StudyBatches.Open(data.Path, null, manifest, DataSet.Tokenizer, new TrainOptions { Batch = 4 }, told.Add);
        Assert.Matches("^the first 4 reports: reports cut at 4 tokens: 4 of 4, the longest has \\d+; ", told[0]);
    }

    /// <summary>Not after an epoch of hours.</summary>
    [Fact]
    public void Open_ValidationSmallerThanABatch_IsRefused()
    {
        using var data = new DataSet().WithStudies(4);
        using var few = new DataSet().WithStudies(3);
        var manifest = BundleManifest.Read(Golden.PathOf("medmoe-nano-paper", "medmoe.json"));
        var e = Assert.Throws<StudyDataException>(
            () => StudyBatches.Open(data.Path, few.Path, manifest, DataSet.Tokenizer, new TrainOptions { Batch = 4 }, _ => { }));
        Assert.EndsWith("not enough studies for a batch of 4: 3 usable", e.Message);
    }

    private static StudyBatches Batches(StudyLoader training, StudyLoader? validation, List<string> told) =>
        new(training, validation, DataSet.Tokenizer, maxTokens: 25, told.Add);
}
