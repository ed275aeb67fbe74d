using System.Text.RegularExpressions;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Clients.Tests;

/// <summary>Clients of other languages against the mesh, all of them processes.</summary>
public sealed class ClientTests(MeshToCall mesh) : IClassFixture<MeshToCall>
{
    [Theory]
    [InlineData("python")]
    [InlineData("node")]
    [InlineData("cpp")]
    public async Task Client_AgainstTheMesh_GetsWhatItExpects(string language)
    {
        var client = Client.Of(language);
        await client.Prepare();

        Client.AssertGotWhatItExpects(await client.Run(mesh.Gateway, Client.Image));
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

        var result = await client.Run($"{nobody}", Client.Image);

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.StartsWith($"{nobody}: ", Assert.Single(result.Error.TrimEnd().Split('\n')));
    }

    [Theory]
    [InlineData("python")]
    [InlineData("node")]
    [InlineData("cpp")]
    public async Task Client_WithWrongOptions_SaysSoInOneLine(string language)
    {
        var client = Client.Of(language);
        await client.Prepare();
        using var folder = new TemporaryFolder();
        var (empty, missing) = (folder["empty"], folder["missing"]);
        await File.WriteAllTextAsync(empty, "\n", TestContext.Current.CancellationToken);

        await AssertRefused("after HOST:PORT IMAGE: --authority FILE, --key FILE", "--tls", empty);
        await AssertRefused("after HOST:PORT IMAGE: --authority FILE, --key FILE", "--key");
        await AssertRefused("after HOST:PORT IMAGE: --authority FILE, --key FILE", "--key", empty, "--key", empty);
        await AssertRefused(missing, "--authority", missing);
        await AssertRefused(folder.Path, "--authority", folder.Path);
        await AssertRefused("--authority: no certificate in the file", "--authority", empty);
        await AssertRefused("--key: the first line of the file is not a key", "--key", empty);
        await AssertRefused("--certificate and --certificate-key need each other", "--certificate", empty, "--authority", empty);
        await AssertRefused("--certificate and --certificate-key need each other", "--certificate-key", empty);
        await AssertRefused("--certificate needs --authority", "--certificate", empty, "--certificate-key", empty);

        async Task AssertRefused(string reason, params string[] options)
        {
            var result = await client.Run([mesh.Gateway, Client.Image, .. options]);
            Assert.Equal("", result.Output);
            result.AssertRefused(reason);
        }
    }

    [Theory]
    [InlineData("client.py")]
    [InlineData("first_call.py", 1)]
    [InlineData("open_inference.py")]
    [InlineData("node")]
    [InlineData("cpp")]
    [InlineData("connect")]
    [InlineData("fetch")]
    [InlineData("openai")]
    public async Task Client_WithoutArguments_SaysHowItIsCalled(string name, int exitCode = 2)
    {
        var client = name.EndsWith(".py", StringComparison.Ordinal) ? Python(name) : Client.Of(name);
        await client.Prepare();

        var result = await client.Run();

        Assert.Equal((exitCode, ""), (result.ExitCode, result.Output));
        Assert.Contains(" IMAGE", Assert.Single(result.Error.TrimEnd().Split('\n')));
    }

    [Fact]
    public async Task FirstCall_OfTheReadme_Works()
    {
        var python = Python("first_call.py");
        await python.Prepare();

        var result = await python.Run(mesh.Gateway, Client.Image, "The left lung shows a small nodule.");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        var lines = result.Output.TrimEnd().Split('\n');
        Assert.Matches(@"^expert xray, probability [01]\.\d{3}$", lines[0]);
        Assert.Equal(["The", "left", "lung", "shows", "a", "small", "nodule", "."], lines[1..].Select(line => line.Split(' ')[0]));
    }

    /// <summary>tritonclient itself may not be there: this decodes as it does.</summary>
    [Fact]
    public async Task OpenInference_AgainstTheMesh_GetsWhatItExpects()
    {
        var python = Python("open_inference.py");
        await python.Prepare();

        var result = await python.Run(mesh.Gateway, Client.Image, "The left lung shows a small nodule.");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Collection(
            result.Output.TrimEnd().Split('\n'),
            line => Assert.Equal(
                "models: medmoe, backbone, text_encoder, gate, expert_xray, expert_ct, expert_mri, expert_ultrasound", line),
            line => Assert.Matches(@"^medmoe: expert xray, similarity -?\d\.\d{3}$", line),
            line => Assert.Equal("BF16: as FP32, 96 values", line),
            line => Assert.Equal("text_encoder: 8 and 1 words, truncated: False", line),
            line => Assert.Equal("stream: InvalidArgument: TEXT[0]: no words in it", line));
    }

    [Fact]
    public void FirstCall_InTheReadme_IsTheFile()
    {
        var readme = File.ReadAllText(Path.Combine(Golden.Repository, "README.md"));
        var code = Regex.Match(readme, "```python\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;
        Assert.Equal(File.ReadAllText(Path.Combine(Golden.Repository, "tests", "clients", "python", "first_call.py")), code);
    }

    private static Client Python(string file) =>
        Client.Of("python") with { Command = [.. Client.Of("python").Command[..^1], $"tests/clients/python/{file}"] };
}
