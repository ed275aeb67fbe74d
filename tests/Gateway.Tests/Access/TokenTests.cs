using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.V1;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace MedMoE.Mesh.Gateway.Tests.Access;

public sealed class TokenTests : IAsyncLifetime
{
    private const string Issuer = "https://issuer.example.org";
    private const string Audience = "mesh";

    private readonly ECDsaSecurityKey _key = new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = "1" };
    private readonly ECDsaSecurityKey _other = new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = "1" };
    private readonly TemporaryFolder _folder = new();
    private RunningService _router = null!;
    private RunningService _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        WriteKeys(_key);
        _router = await RunningService.Start(EchoRouter.Create, null);
        _gateway = await RunningService.Start(
            GatewayApp.Create, null, $"--Endpoints:Services:router={_router.Address}", $"--Access:TokenIssuer={Issuer}",
            $"--Access:TokenAudience={Audience}", $"--Access:TokenKeys={Keys}", "--Access:TokenClockSkew=00:00:05");
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _router.DisposeAsync();
        _folder.Dispose();
    }

    private string Keys => _folder["keys.json"];

    [Fact]
    public async Task Token_OfTheIssuer_HasTheRightsOfItsScope()
    {
        await ListExperts(Token());
        var e = await Assert.ThrowsAsync<RpcException>(() => ListExperts(Token(scope: "openid infer")));
        Assert.Equal((StatusCode.PermissionDenied, "token reader lacks the right \"read\""), (e.StatusCode, e.Status.Detail));
    }

    [Fact]
    public async Task Token_ThatIsNotValid_IsRefusedWithTheReason()
    {
        var now = DateTime.UtcNow;
        var rsa = new RsaSecurityKey(RSA.Create(2048)) { KeyId = "1" };
        var shared = new SymmetricSecurityKey(Encoding.ASCII.GetBytes(File.ReadAllText(Keys))) { KeyId = "1" };
        (string Token, string Reason)[] refused =
        [
            (Token(from: now.AddMinutes(-10), to: now.AddMinutes(-1)), "the token has expired"),
            (Token(from: now.AddMinutes(1), to: now.AddMinutes(2)), "the token is not valid yet"),
            (Token(audience: "another"), "the token is for another audience"),
            (Token(issuer: "https://another.example.org"), "the token is of another issuer"),
            (Token(key: _other), "the token's signature is not one of the issuer's keys"),
            (Token(key: rsa, algorithm: SecurityAlgorithms.RsaSha256), "the token's signature is not one of the issuer's keys"),
            (Token(key: shared, algorithm: SecurityAlgorithms.HmacSha256), "the token's signature is not one of the issuer's keys"),
            (Token(subject: null), "the token names nobody (sub)"),
            (Unsigned(), "the token's signature is not one of the issuer's keys"),
            (Token()[..^10], "the token's signature is not one of the issuer's keys"),
            ("a.b.c", "the token cannot be read"),
        ];
        foreach (var (token, reason) in refused)
        {
            var e = await Assert.ThrowsAsync<RpcException>(() => ListExperts(token));
            Assert.Equal((StatusCode.Unauthenticated, reason), (e.StatusCode, e.Status.Detail));
        }
    }

    [Fact]
    public async Task Stream_WhoseTokenExpires_Ends()
    {
        var mesh = new RouterService.RouterServiceClient(_gateway.Channel);
        // Expired, but within the skew of clocks for some seconds.
        var now = DateTime.UtcNow;
        using var stream = mesh.AnalyzeStream(Bearer(Token(scope: "infer", from: now.AddMinutes(-5), to: now.AddSeconds(-1))));
        using var longer = mesh.AnalyzeStream(Bearer(Token(scope: "infer")));
        foreach (var begun in new[] { stream, longer })
        {
            await begun.RequestStream.WriteAsync(new AnalyzeStreamRequest { RequestId = "1" }, TestContext.Current.CancellationToken);
            Assert.True(await begun.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        }

        var e = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));

        Assert.Equal((StatusCode.Unauthenticated, "the caller's token or certificate has expired"), (e.StatusCode, e.Status.Detail));
        await longer.RequestStream.WriteAsync(new AnalyzeStreamRequest { RequestId = "2" }, TestContext.Current.CancellationToken);
        Assert.True(await longer.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        await longer.RequestStream.CompleteAsync();
    }

    [Fact]
    public async Task Keys_Exchanged_AreUsed()
    {
        WriteKeys(_other);
        await Patience.Until("the new key", async () => await Record.ExceptionAsync(() => ListExperts(Token(key: _other))) is null);
        await Assert.ThrowsAsync<RpcException>(() => ListExperts(Token()));
    }

    [Theory]
    [InlineData("--Access:TokenIssuer=https://a", "Access:TokenAudience is missing; TokenIssuer needs it")]
    [InlineData(
        "--Access:TokenIssuer=http://a --Access:TokenAudience=a", "Access:TokenKeys is missing; without it TokenIssuer must begin with https")]
    [InlineData("--Access:Operator=secret", "Access:Operator is not a SHA-256 digest: 64 lower-case hexadecimal digits")]
    public void Create_SettingsThatDoNotFit_SaysWhy(string settings, string reason) =>
        Assert.Equal(reason, Assert.Throws<InvalidSettingException>(() => GatewayApp.Create(settings.Split(' '))).Message);

    private string Token(
        string? subject = "reader", string scope = "read", string issuer = Issuer, string audience = Audience, DateTime? from = null,
        DateTime? to = null, SecurityKey? key = null, string algorithm = SecurityAlgorithms.EcdsaSha256) => new JsonWebTokenHandler().CreateToken(
        new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = audience,
            NotBefore = from ?? DateTime.UtcNow.AddMinutes(-1),
            Expires = to ?? DateTime.UtcNow.AddMinutes(5),
            IssuedAt = DateTime.UtcNow.AddMinutes(-1),
            Claims = new Dictionary<string, object?> { ["scope"] = scope, ["sub"] = subject }.Where(c => c.Value is not null)
                .ToDictionary(c => c.Key, c => c.Value!),
            SigningCredentials = new SigningCredentials(key ?? _key, algorithm),
        });

    /// <summary>With the algorithm "none" (RFC 7519, 6).</summary>
    private string Unsigned()
    {
        var header = Base64UrlEncoder.Encode("""{"alg": "none", "typ": "JWT"}""");
        return $"{header}.{Token().Split('.')[1]}.";
    }

    private void WriteKeys(ECDsaSecurityKey key)
    {
        var jwk = JsonWebKeyConverter.ConvertFromECDsaSecurityKey(key);
        File.WriteAllText(Keys, JsonSerializer.Serialize(new
        {
            keys = new[] { new { kty = jwk.Kty, crv = jwk.Crv, x = jwk.X, y = jwk.Y, kid = jwk.Kid, use = "sig", alg = "ES256" } },
        }));
    }

    private static Metadata Bearer(string token) => new() { { "authorization", $"Bearer {token}" } };

    private async Task ListExperts(string token) => await new RouterService.RouterServiceClient(_gateway.Channel).ListExpertsAsync(
        new ListExpertsRequest(), Bearer(token), cancellationToken: TestContext.Current.CancellationToken);
}
