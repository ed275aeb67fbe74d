using MedMoE.Mesh.Imaging;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Analyzer.Tests;

/// <summary><c>mesh analyze --overlay</c>: what is in the picture.</summary>
public sealed class OverlayTests : IDisposable
{
    private const string Report = "There is a large mass in the right lung";

    private static readonly string _image = Golden.PathOf("preprocessing", "gray8_512x640.png");

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Overlay_WithoutChoice_IsAPictureOfAllWords()
    {
        var picture = await Draw();

        // Ten panels in two rows of five, below a header of five lines.
        Assert.Equal((1427, 820, 3), (picture.Width, picture.Height, picture.Channels));
        // An all-gray picture would mean that nothing was drawn over the image.
        Assert.NotEqual(0, Count(picture, (red, _, blue) => red > blue + 50, fromRow: 130));
    }

    [Theory]
    [InlineData("dark", 24)]
    [InlineData("light", 255)]
    public async Task Overlay_Theme_IsTheBackground(string theme, int red) => Assert.Equal(red, (await Draw("--theme", theme)).Planes[0]);

    [Theory]
    // Two panels of the largest size, then three.
    [InlineData(964, "--words", "MASS")]
    [InlineData(1428, "--words", "mass,right")]
    [InlineData(1428, "--words", "mass", "--words", "right")]
    [InlineData(1428, "--words", "mass", "--phrases", "Right  LUNG")]
    [InlineData(964, "--phrases", "is a large mass")]
    public async Task Overlay_ChosenWordsAndPhrases_ShowsThemAlone(int width, params string[] choice) =>
        Assert.Equal(width, (await Draw(choice)).Width);

    [Fact]
    public async Task Overlay_Phrase_IsTheMeanOfItsWords()
    {
        // A word's own attention, and its mean with that of other words.
        var (word, phrase, longer) = (await Draw("--words", "mass"), await Draw("--phrases", "mass"), await Draw("--phrases", "mass in the right"));

        Assert.Equal(Images(word), Images(phrase));
        Assert.NotEqual(Images(word), Images(longer));

        // Red below the header, above the labels.
        static float[] Images(DecodedImage picture) => picture.Planes[(130 * picture.Width)..(530 * picture.Width)];
    }

    [Fact]
    public async Task Overlay_CutReport_ShowsWhatWasCut()
    {
        var whole = await Draw("--words", "mass");
        var cut = await Draw("--words", "mass", "--report", $"mass {string.Join(' ', Enumerable.Repeat("x", 200))}");

        // The colour of warnings: the model's notice, and here the rest of the report, too.
        Assert.InRange(Warned(whole), 1, int.MaxValue);
        Assert.InRange(Warned(cut), Warned(whole) + 20, int.MaxValue);
        Assert.InRange(cut.Height, whole.Height + 20, int.MaxValue);

        static int Warned(DecodedImage picture) => Count(picture, (red, green, blue) => (red, green, blue) == (255, 190, 90), fromRow: 0);
    }

    [Fact]
    public async Task Overlay_UntrainedModel_IsPaleOnOneScale()
    {
        var trainer = Path.Combine(Golden.Repository, "services", "Trainer", "Demo");
        File.WriteAllText(_folder["studies.csv"], $"image,report,type\n{_image},{Report},ct\n");
        var created = await Tool.Bundle(
            "create", "--swin", Path.Combine(trainer, "swin.json"), "--bert", Path.Combine(trainer, "bert.json"), "--experts", "xray,ct,mri",
            "--data", _folder["studies.csv"], "--out", _folder["fresh"]);
        Assert.Equal(0, created.ExitCode);
        async Task<int> Red(params string[] scale) =>
            Count(await Draw(["--bundle", _folder["fresh"], .. scale]), (red, green, blue) => red > green + 100 && red > blue + 100, fromRow: 130);

        var (own, one) = (await Red("--scale", "word"), await Red("--scale", "image"));

        // The scales below the panels are red at their ends, in either picture.
        Assert.InRange(one, 0, 5_000);
        Assert.InRange(own, 100_000, int.MaxValue);
    }

    [Fact]
    public async Task Overlay_BadChoice_OneLine()
    {
        Task<Tool.Result> Run(params string[] options) => Tool.Analyze(["--image", _image, "--overlay", _folder["o.png"], .. options]);

        (await Run("--report", Report, "--words", "mass,liver")).AssertRefused("--words: \"liver\" is not in the report");
        (await Run("--report", Report, "--phrases", "mass right")).AssertRefused("--phrases: \"mass right\" is not in the report");
        (await Run("--report", string.Join(' ', Enumerable.Repeat("mass", 100)) + " lung", "--words", "lung")).AssertRefused("where it was cut");
        (await Run("--report", Report, "--theme", "blue")).AssertRefused("blue");
        (await Run("--report", Report, "--scale", "report")).AssertRefused("report");
        Assert.False(File.Exists(_folder["o.png"]));
    }

    [Theory]
    [InlineData("--theme", "light")]
    [InlineData("--scale", "word")]
    [InlineData("--words", "mass")]
    [InlineData("--phrases", "right lung")]
    public async Task Overlay_OptionsWithoutOne_AreRefused(string option, string value) =>
        (await Tool.Analyze("--image", _image, "--report", Report, option, value)).AssertRefused($"{option} needs --overlay");

    public void Dispose() => _folder.Dispose();

    private async Task<DecodedImage> Draw(params string[] options)
    {
        string[] report = options.Contains("--report") ? [] : ["--report", Report];
        var result = await Tool.Analyze(["--image", _image, "--overlay", _folder["o.png"], .. report, .. options]);
        Assert.True(result.ExitCode == 0, result.Error);
        return new ImageDecoder().Decode(File.ReadAllBytes(_folder["o.png"]));
    }

    private static int Count(DecodedImage picture, Func<float, float, float, bool> colour, int fromRow)
    {
        var area = picture.Width * picture.Height;
        return Enumerable.Range(fromRow * picture.Width, area - (fromRow * picture.Width))
            .Count(i => colour(picture.Planes[i], picture.Planes[area + i], picture.Planes[(2 * area) + i]));
    }
}
