namespace MedMoE.Mesh.Clients.Tests;

/// <summary>Clients of other languages with TLS, keys and certificates.</summary>
public sealed class SecureClientTests(SecureMeshToCall mesh) : IClassFixture<SecureMeshToCall>
{
    [Theory]
    [InlineData("python")]
    [InlineData("node")]
    [InlineData("cpp")]
    public async Task Client_WithItsKey_GetsWhatItExpects(string language)
    {
        var client = Client.Of(language);
        await client.Prepare();

        Client.AssertGotWhatItExpects(await client.Run(mesh.Gateway, Client.Image, "--authority", mesh.Authority, "--key", mesh.Key));
    }

    [Theory]
    [InlineData("python")]
    [InlineData("node")]
    [InlineData("cpp")]
    public async Task Client_WithItsCertificate_GetsWhatItExpects(string language)
    {
        var client = Client.Of(language);
        await client.Prepare();

        Client.AssertGotWhatItExpects(await client.Run([mesh.Gateway, Client.Image, "--authority", mesh.Authority, .. mesh.Certificate]));
    }

    [Theory]
    [InlineData("python")]
    [InlineData("node")]
    [InlineData("cpp")]
    public async Task Client_WhomTheGatewayRefuses_SaysWhyInOneLine(string language)
    {
        var client = Client.Of(language);
        await client.Prepare();

        await AssertRefused("UNAUTHENTICATED: no key: send authorization: Bearer KEY, or x-api-key");
        await AssertRefused("PERMISSION_DENIED: reader lacks the right \"infer\"", "--key", mesh.ReadersKey);
        await AssertRefused("UNAUTHENTICATED: the certificate is not one of a known caller", mesh.UnknownCertificate);

        async Task AssertRefused(string reason, params string[] options)
        {
            var result = await client.Run([mesh.Gateway, Client.Image, "--authority", mesh.Authority, .. options]);
            Assert.Equal((2, ""), (result.ExitCode, result.Output));
            Assert.StartsWith($"{mesh.Gateway}: {reason}", Assert.Single(result.Error.TrimEnd().Split('\n')));
        }
    }

    [Theory]
    [InlineData("python")]
    [InlineData("node")]
    [InlineData("cpp")]
    public async Task Client_WithoutAConnection_SaysSoInOneLine(string language)
    {
        var client = Client.Of(language);
        await client.Prepare();

        // Without TLS, with the authority of another server, and with a certificate that the gateway does not trust.
        await AssertRefused();
        await AssertRefused("--authority", mesh.OtherAuthority, "--key", mesh.Key);
        await AssertRefused(["--authority", mesh.Authority, .. mesh.ForgedCertificate]);

        async Task AssertRefused(params string[] options)
        {
            var result = await client.Run([mesh.Gateway, Client.Image, .. options]);
            Assert.Equal((2, ""), (result.ExitCode, result.Output));
            Assert.StartsWith($"{mesh.Gateway}: UNAVAILABLE: ", Assert.Single(result.Error.TrimEnd().Split('\n')));
        }
    }

    [Fact]
    public async Task OpenAi_WithItsKey_GetsWhatItExpects_AndWithoutIsNotAuthenticated()
    {
        var client = Client.Of("openai");
        client = client with { Command = ["env", $"NODE_EXTRA_CA_CERTS={mesh.Authority}", .. client.Command] };
        await client.Prepare();

        WebClientTests.AssertGotEmbeddings(await client.Run(mesh.Url, Client.Image, mesh.Key));
        var refused = await client.Run(mesh.Url, Client.Image);
        Assert.Equal((2, "", "AuthenticationError, code UNAUTHENTICATED: 401 unknown key\n"), (refused.ExitCode, refused.Output, refused.Error));
    }
}
