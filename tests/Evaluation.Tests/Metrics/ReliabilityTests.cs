using MedMoE.Mesh.Evaluation.Metrics;

namespace MedMoE.Mesh.Evaluation.Tests.Metrics;

public sealed class ReliabilityTests
{
    [Fact]
    public void ExpectedError_OfTwoBins_IsTheirWeightedGap()
    {
        var reliability = new Reliability();

        // Of (0.6, 0.667]: confidence 0.65, accuracy 1/2. Of (0.867, 0.933]: confidence 0.9, accuracy 1.
        reliability.Add(0.64, right: true);
        reliability.Add(0.66, right: false);
        reliability.Add(0.9, right: true);

        Assert.Equal(((2 * 0.15) + 0.1) / 3, reliability.ExpectedError, 12);
        var bin = reliability.Bins[9];
        Assert.Equal((2, 0.65, 0.5), (bin.Count, Math.Round(bin.Confidence, 12), bin.Accuracy));
        Assert.Equal((0.6, 10 / 15.0), (bin.From, bin.To));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.2, 2)] // The upper end of the third bin is its own.
    [InlineData(0.2001, 3)]
    [InlineData(1, 14)]
    public void Add_OfAConfidence_CountsInItsBin(double confidence, int bin)
    {
        var reliability = new Reliability();

        reliability.Add(confidence, right: true);

        Assert.Equal(1, reliability.Bins[bin].Count);
    }

    [Fact]
    public void ExpectedError_OfCertainAndRight_IsZero()
    {
        var reliability = new Reliability();

        reliability.Add(1, right: true);

        Assert.Equal(0, reliability.ExpectedError);
    }
}
