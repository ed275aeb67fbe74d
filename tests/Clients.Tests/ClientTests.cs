using System.Text.RegularExpressions;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Clients.Tests;

/// <summary>Clients of other languages against the mesh, all of them processes.</summary>
public sealed class ClientTests(MeshToCall mesh) : IClassFixture<MeshToCall>
{
    private static readonly string _image = Path.Combine(Golden.Repository, "services", "Trainer", "Demo", "studies", "images", "xray-000004.png");

    [Theory]
    [InlineData("python")]
    [InlineData("node")]
    [InlineData("cpp")]
    public async Task Client_AgainstTheMesh_GetsWhatItExpects(string language)
    {
        var client = Client.Of(language);
        await client.Prepare();

        var result = await client.Run(mesh.Gateway, _image);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Collection(
            result.Output.TrimEnd().Split('\n'),
            line => Assert.Matches(@"^EmbedText: 2 embeddings of 96, cosine -?\d\.\d{3}$", line),
            line => Assert.Matches(@"^Analyze: expert xray, 14 words, nodule at \d+,\d+ of 28$", line),
            line => Assert.StartsWith("AnalyzeStream: 9 answers, item 4 refused: image", line),
            line => Assert.Matches(@"^Classify: nodule 0\.\d{3}, normal 0\.\d{3}$", line),
            line => Assert.Equal("deadline: DEADLINE_EXCEEDED", line),
            line => Assert.Equal("cancel: CANCELLED", line));
    }

    [Theory]
    [InlineData("python")]
    [InlineData("node")]
    [InlineData("cpp")]
    public async Task Client_NobodyThere_SaysSoInOneLine(string language)
    {
        var client = Client.Of(language);
        await client.Prepare();
        using var nobody = new UnansweredAddress();

        var result = await client.Run($"{nobody}", _image);

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.StartsWith($"{nobody}: ", Assert.Single(result.Error.TrimEnd().Split('\n')));
    }

    [Fact]
    public async Task FirstCall_OfTheReadme_Works()
    {
        var python = Client.Of("python") with { Command = [.. Client.Of("python").Command[..^1], "tests/clients/python/first_call.py"] };
        await python.Prepare();

        var result = await python.Run(mesh.Gateway, _image, "The left lung shows a small nodule.");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        var lines = result.Output.TrimEnd().Split('\n');
        Assert.Matches(@"^expert xray, probability [01]\.\d{3}$", lines[0]);
        Assert.Equal(["The", "left", "lung", "shows", "a", "small", "nodule", "."], lines[1..].Select(line => line.Split(' ')[0]));
    }

    [Fact]
    public void FirstCall_InTheReadme_IsTheFile()
    {
        var readme = File.ReadAllText(Path.Combine(Golden.Repository, "README.md"));
        var code = Regex.Match(readme, "```python\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;
        Assert.Equal(File.ReadAllText(Path.Combine(Golden.Repository, "tests", "clients", "python", "first_call.py")), code);
    }
}
