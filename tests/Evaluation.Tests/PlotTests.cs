using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Drawing;
using MedMoE.Mesh.Evaluation.Metrics;
using MedMoE.Mesh.Evaluation.Plots;
using MedMoE.Mesh.Evaluation.Reading;
using MedMoE.Mesh.Evaluation.Tasks;
using MedMoE.Mesh.Imaging;
using MedMoE.Mesh.Studies;
using Fonts = ScottPlot.Fonts;

namespace MedMoE.Mesh.Evaluation.Tests;

public sealed class PlotTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Write_OfAWholeEvaluation_MakesAPictureOfEveryTask()
    {
        Result(whole: true, examples: ["xray", "ct"]).Draw(_folder["plots"]);

        Assert.Equal(
            ["attention", "confusion-gate-image", "confusion-gate-report", "confusion-zero-shot-xray", "recall", "reliability"],
            Directory.GetFiles(_folder["plots"]).Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));
        Assert.Equal(3 * 460, Picture("plots", "reliability.png").Width);
        Assert.Equal(12 + (4 * (342 + 12)), Picture("plots", "attention.png").Width);
    }

    [Fact]
    public void Write_OfWhatWasNotDone_LeavesItOut()
    {
        Result(whole: false, examples: []).Draw(_folder["plots"]);

        Assert.Equal(
            ["confusion-gate-image", "confusion-gate-report", "reliability"],
            Directory.GetFiles(_folder["plots"]).Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));
        Assert.Equal(2 * 460, Picture("plots", "reliability.png").Width);
    }

    [Fact]
    public void Write_OfAConfusion_HasSquareCellsAsDarkAsTheirShare()
    {
        ConfusionPlot.Write(_folder["confusion.png"], "Gate", "test/1", ["aa", "bb"], [[4, 0], [2, 2]]);

        var picture = Picture("confusion.png");
        // Cells of 72 pixels below a title of two lines; looked at near their corners, away from the numbers.
        float At(int row, int column) => picture.Planes[((91 + (row * 72) + 10) * picture.Width) + 38 + (column * 72) + 10];
        Assert.Equal(255, At(0, 1), 2f);
        Assert.InRange(At(0, 0), 0, 30);
        Assert.InRange(At(1, 0), 100, 160);
        Assert.Equal(At(1, 0), At(1, 1), 2f);
    }

    [Fact]
    public void Write_LongName_WrapsItAboveThePlot()
    {
        ConfusionPlot.Write(_folder["short.png"], "Gate", "test/1", ["aa", "bb"], [[4, 0], [2, 2]]);
        ConfusionPlot.Write(_folder["long.png"], "Gate", $"{new string('m', 200)}/1", ["aa", "bb"], [[4, 0], [2, 2]]);

        var (shorter, longer) = (Picture("short.png"), Picture("long.png"));
        Assert.Equal(shorter.Width, longer.Width);
        Assert.InRange(longer.Height, shorter.Height + (3 * 17), shorter.Height + (9 * 17));
        // The same plot below.
        var pixels = 200 * shorter.Width;
        Assert.Equal(Red(shorter)[^pixels..], Red(longer)[^pixels..]);

        static float[] Red(DecodedImage picture) => picture.Planes[..(picture.Width * picture.Height)];
    }

    [Fact]
    public void Legend_OfEveryPlot_LiesOutsideTheAxes()
    {
        using var plot = Figure.New("title", "x", "y");
        plot.Add.Scatter(0, 0).LegendText = "curve";

        Figure.ShowLegend(plot);

        Assert.False(plot.Legend.IsVisible);
        Assert.Equal(ScottPlot.Edge.Bottom, Assert.Single(plot.Axes.GetPanels().OfType<ScottPlot.Panels.LegendPanel>()).Edge);
    }

    [Fact]
    public void Font_OfEveryPlot_IsTheOneThatIsShipped()
    {
        using var plot = Figure.New("title", "x", "y");

        Assert.Same(
            Lettering.Typeface,
            Fonts.GetTypeface(plot.Axes.Title.Label.FontName, ScottPlot.FontWeight.Bold, ScottPlot.FontSlant.Upright, ScottPlot.FontSpacing.Normal));
        Assert.Equal("DejaVu Sans", Lettering.Typeface.FamilyName);
    }

    public void Dispose() => _folder.Dispose();

    private DecodedImage Picture(params string[] path) => new ImageDecoder().Decode(File.ReadAllBytes(_folder[path]));

    private static GroundedExample Example(string type) => new(
        new Study("key", File.ReadAllBytes(Golden.PathOf("preprocessing", "gray8_130x100.png")), "a mass", 0, []),
        type, "mass", "a mass", Region.OfBox(new Box(10, 20, 30, 40), 130, 100), [0, 1, 0, 0.5f], 2);

    private static EvaluationResult Result(bool whole, string[] examples)
    {
        var gate = new GateTask(["xray", "ct"]);
        gate.Add(0, [0.9f, 0.1f], [0.6f, 0.4f]);
        gate.Add(1, [0.8f, 0.2f], [0.1f, 0.9f]);
        var classes = new ZeroShotTask(null, new SimilaritySettings());
        var retrieval = new RetrievalTask(2);
        if (whole)
        {
            classes.Add("xray", ["mass", "normal"], ["mass"], [0.7, 0.3]);
            retrieval.Add("xray", ["a", "b"], [[1, 0], [0, 1]]);
        }
        var grounding = new GroundingTask();
        foreach (var type in examples)
        {
            grounding.Show(Example(type));
        }
        return new EvaluationResult
        {
            ModelVersion = "test/1",
            Expert = "auto",
            Studies = new Dictionary<string, int>(),
            Tasks = [gate, classes, retrieval, grounding],
            ExpertRuns = new Dictionary<string, int>(),
            ExpertsPerImage = 1,
            Notes = [],
        };
    }
}
