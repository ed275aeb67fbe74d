using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Clients.Tests;

/// <summary>What tools of others make of the gateway's OpenAPI document.</summary>
public sealed class OpenApiTests(MeshToCall mesh) : IClassFixture<MeshToCall>
{
    private static readonly string _folder = Path.Combine(Golden.Repository, "tests", "clients", "openapi");

    [Fact]
    public async Task Document_RedoclyLint_HasNoErrors()
    {
        await RequirePackages();
        var lint = await Tool.Command(
            _folder, ["env", "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true", "npx", "redocly", "lint", $"{mesh.Url}/openapi.json"]);
        Assert.True(lint.ExitCode == 0, lint.Output + lint.Error);
    }

    [Fact]
    public async Task Client_GeneratedInTypeScript_GetsWhatItExpects()
    {
        await RequirePackages();
        await Run("npx", "openapi-typescript", $"{mesh.Url}/openapi.json", "--output", "artifacts/api.d.ts");
        await Run("npx", "tsc");
        var output = await Run("node", "artifacts/client.js", mesh.Url, Client.Image);
        Assert.Collection(
            output.TrimEnd().Split('\n'),
            line => Assert.Equal("experts: xray true, ct true, mri true, ultrasound true", line),
            line => Assert.Equal("analyze: expert xray, 14 words, 1 phrase", line),
            line => Assert.Equal("embedImage: 96 numbers, the same in base64 and as values, from a file and from base64", line),
            line => Assert.StartsWith("embedText: INVALID_ARGUMENT, texts[0]: ", line),
            line => Assert.Equal("infer: expert xray, the embedding of embedImage", line),
            line => Assert.Equal("embeddings: 1, the embedding of embedImage, 0 tokens", line));
    }

    private static async Task RequirePackages() => Assert.SkipUnless(
        await Tool.Succeeds(_folder, ["sh", "-c", "command -v node && test -x node_modules/.bin/redocly"]),
        "needs Node.js and packages (npm ci --prefix tests/clients/openapi)");

    private static async Task<string> Run(params string[] command)
    {
        var result = await Tool.Command(_folder, command);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', command)}\n{result.Output}{result.Error}");
        return result.Output;
    }
}
