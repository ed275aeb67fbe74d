using System.Security.Claims;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Serving.Access;
using MedMoE.Mesh.Serving.Reloading;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace MedMoE.Mesh.Gateway.Access;

/// <summary>Bearer tokens (JWT, RFC 7519), checked by ASP.NET's own handler.</summary>
internal static class Tokens
{
    public const string Scheme = JwtBearerDefaults.AuthenticationScheme;

    /// <summary>Asymmetric ones only: with a shared secret the gateway could make tokens, and "none" is no signature.</summary>
    private static readonly string[] _algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512, SecurityAlgorithms.RsaSsaPssSha256,
        SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512, SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384,
        SecurityAlgorithms.EcdsaSha512,
    ];

    /// <summary>Whether a bearer is a token and not a key: three parts of base64url (RFC 7515, 7.1).</summary>
    public static bool IsToken(string bearer) => bearer.Count(c => c == '.') == 2;

    /// <exception cref="InvalidSettingException">A setting is missing.</exception>
    /// <exception cref="InvalidInputException">The file of keys cannot be used.</exception>
    public static void AddTokens(this WebApplicationBuilder builder, AccessOptions options)
    {
        if (options.TokenIssuer is null)
        {
            return;
        }
        if (options.TokenAudience is null)
        {
            throw new InvalidSettingException(
                $"{AccessOptions.Section}:{nameof(options.TokenAudience)} is missing; {nameof(options.TokenIssuer)} needs it");
        }
        var isFetched = options.TokenKeys is null;
        if (isFetched && !options.TokenIssuer.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidSettingException(
                $"{AccessOptions.Section}:{nameof(options.TokenKeys)} is missing; without it {nameof(options.TokenIssuer)} must begin with https");
        }
        var keys = options.TokenKeys is { } path ? new ReloadedFile<JsonWebKeySet>([path], () => TokenKeys.Read(path)) : null;
        if (keys is not null)
        {
            builder.Services.AddSingleton<IReloaded>(keys);
        }
        builder.Services.AddAuthentication().AddJwtBearer(token =>
        {
            token.MapInboundClaims = false;
            token.Authority = isFetched ? options.TokenIssuer : null;
            token.TokenValidationParameters = new TokenValidationParameters
            {
                ValidIssuer = options.TokenIssuer,
                ValidAudience = options.TokenAudience,
                ValidAlgorithms = _algorithms,
                ClockSkew = options.TokenClockSkew,
                RequireExpirationTime = true,
                RequireSignedTokens = true,
                IssuerSigningKeyResolver = keys is null ? null
                    : (_, _, id, _) => keys.Value.GetSigningKeys().Where(key => key.KeyId == id || id is null),
            };
        });
        // They say why a token was refused, and the caller is told. No setting switches them on: they quote what is in a token.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Authentication", LogLevel.Error);
        builder.Logging.AddFilter("Microsoft.IdentityModel", LogLevel.None);
    }

    /// <summary>The caller whose token the request has, or why it is refused.</summary>
    public static async Task<(KnownCaller? Caller, string? Fault)> Check(HttpContext context)
    {
        var result = await context.AuthenticateAsync(Scheme);
        if (!result.Succeeded)
        {
            return (null, Fault(result.Failure));
        }
        var name = result.Principal.FindFirstValue("sub") ?? result.Principal.FindFirstValue("client_id");
        var options = context.RequestServices.GetRequiredService<IOptions<AccessOptions>>().Value;
        var rights = result.Principal.FindAll(options.TokenRights).SelectMany(c => c.Value.Split(' ')).Select(CallerRights.Named).OfType<Rights>()
            .Aggregate(Rights.None, (all, right) => all | right);
        return name is { Length: > 0 and <= 256 }
            ? (new KnownCaller($"token {name}", rights) { Until = result.Properties!.ExpiresUtc + options.TokenClockSkew }, null)
            : (null, "the token names nobody (sub)");
    }

    /// <summary>Never the exception's message, which quotes the token's content.</summary>
    private static string Fault(Exception? failure) => failure switch
    {
        SecurityTokenExpiredException => "the token has expired",
        SecurityTokenNotYetValidException => "the token is not valid yet",
        SecurityTokenNoExpirationException => "the token never expires",
        SecurityTokenInvalidAudienceException => "the token is for another audience",
        SecurityTokenInvalidIssuerException => "the token is of another issuer",
        SecurityTokenInvalidAlgorithmException => "the token's algorithm is not accepted",
        SecurityTokenInvalidSignatureException or SecurityTokenSignatureKeyNotFoundException =>
            "the token's signature is not one of the issuer's keys",
        AggregateException { InnerExceptions: [var only, ..] } => Fault(only),
        _ => "the token cannot be read",
    };
}
