using System.Globalization;
using MedMoE.Mesh.Imaging;

namespace MedMoE.Mesh.Training.Tests;

/// <summary>The picture has a header of 67 pixels, and below it rows of 410: three panels of 460 pixels, then two of 690.</summary>
public sealed class TrainingCurvesTests : IDisposable
{
    private const int Header = 67;

    /// <summary>Within the axes of the first panel, and of the last.</summary>
    private static readonly (int Left, int Top, int Width, int Height) _total = (60, Header + 46, 380, 290);
    private static readonly (int Left, int Top, int Width, int Height) _speed = (760, Header + 456, 600, 310);

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Write_OfATrainingLog_FillsThePictureWithItsCurves()
    {
        var curves = Draw(step => 5, validation: false);

        Assert.Equal((1380, 820 + Header), (curves.Width, curves.Height));
        Assert.NotEmpty(Points(curves, _total, IsBlue));
        // The last panel reaches the right edge: no cell is empty.
        Assert.InRange(Points(curves, _speed, IsBlue).Max(p => p.Column), 1200, 1380);
        File.WriteAllLines(_folder["empty.csv"], [TrainingLog.Header]);
        TrainingCurves.Write(_folder["empty.csv"], _folder["empty.png"], "model/1");
        Assert.Empty(Points(Picture("empty.png"), _total, IsBlue));
    }

    [Fact]
    public void Write_LongTitle_WrapsIt() =>
        Assert.InRange(Draw(step => 5, validation: false, title: new string('m', 200)).Height, 820 + Header + 20, 820 + Header + 60);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Write_Validation_IsDrawnIfThereWasOne(bool validation) =>
        Assert.Equal(validation, Points(Draw(step => 5, validation), _total, IsOrange).Length > 0);

    [Fact]
    public void Write_LossFarFromZero_UsesTheWholePanel()
    {
        var line = Points(Draw(step => 10 - (step / 100.0), validation: false), _total, IsBlue);

        Assert.InRange(line.Max(p => p.Row) - line.Min(p => p.Row), _total.Height / 2, _total.Height);
    }

    [Fact]
    public void Write_LossOverDecades_IsLogarithmic()
    {
        var line = Points(Draw(step => 10 * Math.Pow(0.001, step / 100.0), validation: false), _total, IsBlue);

        // A line that is straight: at half of the steps it is halfway down. On a linear axis it would be at the bottom there.
        var (left, right) = (line.Min(p => p.Column), line.Max(p => p.Column));
        var middle = line.Where(p => Math.Abs(p.Column - ((left + right) / 2)) < 5).Average(p => p.Row);
        Assert.InRange((middle - line.Min(p => p.Row)) / (line.Max(p => p.Row) - line.Min(p => p.Row)), 0.35, 0.6);
    }

    [Fact]
    public void Write_NoisyLoss_IsSmoothed()
    {
        var line = Points(Draw(step => 5 + (step % 2 == 0 ? 1 : -1), validation: false), _total, IsBlue);

        var later = line.Where(p => p.Column > _total.Left + (_total.Width / 3)).ToArray();
        Assert.InRange(later.Max(p => p.Row) - later.Min(p => p.Row), 1, _total.Height / 2);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Draws a log of 100 steps.</summary>
    private DecodedImage Draw(Func<int, double> loss, bool validation, string title = "model/1")
    {
        File.WriteAllLines(_folder["log.csv"], Enumerable.Range(1, 100)
            .Select(step => string.Create(
                CultureInfo.InvariantCulture, $"{step},0,{loss(step):F5},4,3,1.2,0.9,0.0005,70.5,{(validation && step % 20 == 0 ? "6.5" : "")}"))
            .Prepend(TrainingLog.Header).Append("101,1,6.0"));
        TrainingCurves.Write(_folder["log.csv"], _folder["log.png"], title);
        return Picture("log.png");
    }

    private DecodedImage Picture(string name) => new ImageDecoder().Decode(File.ReadAllBytes(_folder[name]));

    /// <summary>The first and the second curve of a panel; points are paler.</summary>
    private static bool IsBlue(float red, float green, float blue) => red < 80 && blue > 150 && green < 160;

    private static bool IsOrange(float red, float green, float blue) => red > 220 && green is > 90 and < 160 && blue < 80;

    private static (int Row, int Column)[] Points(
        DecodedImage picture, (int Left, int Top, int Width, int Height) panel, Func<float, float, float, bool> colour)
    {
        var area = picture.Width * picture.Height;
        return [.. from row in Enumerable.Range(panel.Top, panel.Height)
                   from column in Enumerable.Range(panel.Left, panel.Width)
                   let at = (row * picture.Width) + column
                   where colour(picture.Planes[at], picture.Planes[area + at], picture.Planes[(2 * area) + at])
                   select (row, column)];
    }
}
