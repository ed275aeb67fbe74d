using MedMoE.Mesh.Evaluation.Metrics;
using MedMoE.Mesh.Studies;

namespace MedMoE.Mesh.Evaluation.Tests.Metrics;

public sealed class PhraseMapTests
{
    [Fact]
    public void Resize_ToTwiceTheSide_InterpolatesFromCentres()
    {
        var values = PhraseMap.Resize([0, 4, 8, 12], side: 2, width: 4, height: 4);

        Assert.Equal(
            [0, 1, 3, 4, 2, 3, 5, 6, 6, 7, 9, 10, 8, 9, 11, 12],
            values);
    }

    [Fact]
    public void Resize_ToAWideImage_KeepsRowsAndColumns()
    {
        var values = PhraseMap.Resize([1, 2, 3, 4], side: 2, width: 4, height: 2);

        Assert.Equal([1, 1.25f, 1.75f, 2, 3, 3.25f, 3.75f, 4], values);
    }

    [Fact]
    public void PointsInside_WithPeakBesideTheRegion_NeedsTolerance()
    {
        // A peak at row 0, column 0; the region begins 15 pixels to the right and ends 16 pixels below.
        var map = new float[224 * 224];
        map[0] = 1;
        var beside = new PhraseMap(map, 224, Region.OfBox(new Box(15, 0, 10, 10), 224, 224));
        var farther = new PhraseMap(map, 224, Region.OfBox(new Box(0, 16, 10, 10), 224, 224));
        var diagonal = new PhraseMap(map, 224, Region.OfBox(new Box(11, 11, 10, 10), 224, 224));

        Assert.False(beside.PointsInside(0));
        Assert.True(beside.PointsInside(PhraseMap.Tolerance));
        Assert.False(farther.PointsInside(PhraseMap.Tolerance));
        Assert.False(diagonal.PointsInside(PhraseMap.Tolerance)); // 15.6 pixels away.
    }

    [Fact]
    public void PointsInside_InAnImageOfAnotherSize_ScalesTheTolerance()
    {
        // 448 wide, 112 high: 15 of 224 are 30 columns, and 7.5 rows.
        var map = new float[4];
        map[0] = 1;
        bool Points(int column, int row) =>
            new PhraseMap(map, 2, Region.OfBox(new Box(column, row, 1, 1), 448, 112)).PointsInside(PhraseMap.Tolerance);
        Assert.True(Points(30, 0));
        Assert.False(Points(31, 0));
        Assert.True(Points(0, 7));
        Assert.False(Points(0, 8));
        Assert.False(Points(25, 7)); // Within both, but not within the circle.
    }

    [Fact]
    public void IntersectionsOverUnions_OfAMapWithSteps_CountsPixelsAboveEachThreshold()
    {
        // Levels 0, 0.5, 1 and 1 after scaling; the region is the second and third pixel.
        var map = new PhraseMap([2, 3, 4, 4], 2, new Region(2, 2, [false, true, true, false]));

        var overlaps = map.IntersectionsOverUnions();

        Assert.Equal(PhraseMap.Thresholds, overlaps.Length);
        Assert.Equal(2 / 3.0, overlaps[0], 12); // 0.01: three pixels above, two of them inside.
        Assert.Equal(2 / 3.0, overlaps[49], 12); // 0.50, which the second pixel reaches.
        Assert.Equal(1 / 3.0, overlaps[50], 12); // 0.51: the last two, one of them inside.
        Assert.Equal(1 / 3.0, overlaps[98], 12);
    }

    [Fact]
    public void Measures_OfAMapThatIsTheSameEverywhere_TellNothing()
    {
        var map = new PhraseMap([1, 1, 1, 1], 2, new Region(2, 2, [true, false, false, false]));

        Assert.All(map.IntersectionsOverUnions(), overlap => Assert.Equal(0.25, overlap, 12));
        Assert.Equal(0, map.ContrastToNoise());
    }

    [Fact]
    public void ContrastToNoise_OfFourPixels_IsDifferenceOverNoise()
    {
        // Inside 5 and 7: mean 6, variance 1. Outside 0 and 4: mean 2, variance 4.
        var map = new PhraseMap([5, 0, 7, 4], 2, new Region(2, 2, [true, false, true, false]));

        Assert.Equal(4 / Math.Sqrt(5), map.ContrastToNoise(), 6);
    }

    [Fact]
    public void OfBox_PartlyOutsideTheImage_KeepsWhatIsInside()
    {
        var region = Region.OfBox(new Box(-1, 1, 3, 5), width: 4, height: 3);

        Assert.Equal([false, false, false, false, true, true, false, false, true, true, false, false], region.Inside);
        Assert.Equal(4, region.Area);
    }

    [Fact]
    public void ShareNear_WithoutTolerance_IsTheAreasShare()
    {
        var region = Region.OfBox(new Box(0, 0, 64, 32), 64, 64);

        Assert.Equal(0.5, region.ShareNear(0));
        Assert.InRange(region.ShareNear(PhraseMap.Tolerance), 0.55, 0.6);
    }
}
