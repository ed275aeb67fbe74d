using System.Text.Json;
using MedMoE.Mesh.Imaging;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Local.Tests;

/// <summary>Compares <c>mesh analyze --server</c> with <c>mesh analyze</c>, as processes.</summary>
[Collection(WholeMesh.Collection)]
public sealed class AnalyzeOverTheWireTests(WholeMesh mesh)
{
    [Theory]
    [InlineData("gray8_512x640.png", "There is a large mass in the right lung, with cardiomegaly")]
    [InlineData("rgb8_400x300.jpg", null)]
    public async Task Analyze_ThroughTheMesh_PrintsWhatOneProcessPrints(string image, string? report)
    {
        string[] words = report is null ? [] : ["--report", report];
        string[] arguments = ["--json", "--image", Golden.PathOf("preprocessing", image), .. words];
        using var here = JsonDocument.Parse(await Analyze(arguments));
        using var there = JsonDocument.Parse(await Analyze([.. arguments, "--server", mesh.Gateway]));
        AssertNear(here.RootElement, there.RootElement, "$");
    }

    [Fact]
    public async Task Analyze_SixteenBitsThatAreHardlyUsed_TheMeshNotesItToo()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder["dark.png"], Golden.TwelveBitsInSixteen(), TestContext.Current.CancellationToken);
        using var there = JsonDocument.Parse(await Analyze(["--json", "--image", folder["dark.png"], "--server", mesh.Gateway]));
        Assert.Contains("sBIT", Assert.Single(there.RootElement.GetProperty("notes").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task Analyze_WithTlsAtAPortWithout_SaysSo()
    {
        var image = Golden.PathOf("preprocessing", "gray8_512x640.png");
        var result = await Tool.Run("Analyzer", ["analyze", "--image", image, "--server", mesh.Gateway, "--tls"]);
        result.AssertRefused("cannot connect: TLS: it does not answer in TLS");
        var http = mesh.Replica("gateway").Http;
        (await Tool.Run("Analyzer", ["analyze", "--image", image, "--server", http, "--tls"]))
            .AssertRefused("cannot connect: TLS: it does not answer in TLS");
    }

    /// <summary>The mesh names fields of its messages; who typed the command gave options.</summary>
    [Theory]
    [InlineData("--policy: REPORT needs a report", "--policy", "report")]
    [InlineData("--policy: \"dental\" is not one of the experts: xray", "--policy", "dental")]
    [InlineData("--report: no words in it", "--report", "\u0001")]
    [InlineData("other.png: not an image: ", "--image", "other.png")]
    public async Task Analyze_RequestThatTheMeshRefuses_NamesTheOptionAndTheRequest(string fault, params string[] options)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["other.png"], "a text", TestContext.Current.CancellationToken);
        string[] image = options[0] == "--image" ? [] : ["--image", Golden.PathOf("preprocessing", "gray8_512x640.png")];
        var result = await Tool.Run(
            "Analyzer",
            ["analyze", "--server", mesh.Gateway, .. image, .. options.Select(option => option == "other.png" ? folder[option] : option)]);
        result.AssertRefused(fault);
        Assert.Matches(@" \(request [0-9a-f]{16}\)\n$", result.Error);
    }

    [Fact]
    public async Task Analyze_WordsBeyondTheVocabulary_TheMeshCountsThemToo()
    {
        var image = Golden.PathOf("preprocessing", "gray8_512x640.png");
        var result = await Tool.Run("Analyzer", "analyze", "--server", mesh.Gateway, "--image", image, "--report", "a \U0001f600 nodule");
        Assert.Contains("note: --report: 1 of 3 words are not in the model's vocabulary", result.Error);
    }

    [Fact]
    public async Task Up_NamesThePageOfItsHttpPort()
    {
        const string Before = "all requests, in a browser: ";
        var line = Assert.Single(mesh.Process.Output.Split('\n'), line => line.StartsWith(Before, StringComparison.Ordinal));
        using var http = new HttpClient();
        Assert.Contains("MedMoE.Mesh", await http.GetStringAsync(new Uri(line[Before.Length..]), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData]
    [InlineData("--theme", "light", "--scale", "word", "--words", "LARGE", "--phrases", "large mass,mass of the lung")]
    public async Task Analyze_Overlay_IsTheSamePicture(params string[] options)
    {
        using var folder = new TemporaryFolder();
        var image = Golden.PathOf("preprocessing", "gray8_512x640.png");
        string[] arguments = ["--image", image, "--report", "large mass of the lung", .. options, "--overlay"];
        await Analyze([.. arguments, folder["here.png"]]);
        await Analyze([.. arguments, folder["there.png"], "--server", mesh.Gateway]);
        var (here, there) = (Picture("here.png"), Picture("there.png"));
        Assert.Equal((here.Width, here.Height), (there.Width, there.Height));
        // Attention differs in its last digits, so single pixels may differ slightly.
        Assert.InRange(here.Planes.Zip(there.Planes, (a, b) => Math.Abs(a - b)).Average(), 0, 0.01);

        DecodedImage Picture(string name) => new ImageDecoder().Decode(File.ReadAllBytes(folder[name]));
    }

    /// <summary>Equal texts, and numbers to 1e-5.</summary>
    private static void AssertNear(JsonElement expected, JsonElement actual, string path)
    {
        Assert.Equal((path, expected.ValueKind), (path, actual.ValueKind));
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                Assert.Equal(expected.EnumerateObject().Select(p => $"{path}.{p.Name}"), actual.EnumerateObject().Select(p => $"{path}.{p.Name}"));
                Assert.All(expected.EnumerateObject(), p => AssertNear(p.Value, actual.GetProperty(p.Name), $"{path}.{p.Name}"));
                break;
            case JsonValueKind.Array:
                Assert.Equal((path, expected.GetArrayLength()), (path, actual.GetArrayLength()));
                Assert.All(expected.EnumerateArray().Zip(actual.EnumerateArray()), p => AssertNear(p.First, p.Second, path));
                break;
            case JsonValueKind.Number:
                Assert.True(
                    Math.Abs(expected.GetDouble() - actual.GetDouble()) <= 1e-5 * Math.Max(1, Math.Abs(expected.GetDouble())),
                    $"{path}: {expected} and {actual}");
                break;
            default:
                Assert.Equal($"{path} {expected}", $"{path} {actual}");
                break;
        }
    }

    private static async Task<string> Analyze(string[] arguments)
    {
        var result = await Tool.Analyze(arguments);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Output;
    }
}
