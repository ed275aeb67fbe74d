using MedMoE.Mesh.Imaging;

namespace MedMoE.Mesh.Training.Tests;

public sealed class TrainingCurvesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Write_OfATrainingLog_DrawsItsCurves()
    {
        File.WriteAllLines(
            _folder["log.csv"], [TrainingLog.Header, "10,0,9.1,4,3,1.2,0.9,0.0005,70.5,", "20,0,7.5,3,2.5,1,,0.001,71,7.9", "30,1,6.0"]);

        TrainingCurves.Write(_folder["log.csv"], _folder["log.png"]);

        var curves = Picture("log.png");
        Assert.Equal((1380, 820), (curves.Width, curves.Height));
        File.WriteAllLines(_folder["empty.csv"], [TrainingLog.Header]);
        TrainingCurves.Write(_folder["empty.csv"], _folder["empty.png"]);
        Assert.NotEqual(Picture("empty.png").Planes, curves.Planes);
    }

    public void Dispose() => _folder.Dispose();

    private DecodedImage Picture(string name) => new ImageDecoder().Decode(File.ReadAllBytes(_folder[name]));
}
