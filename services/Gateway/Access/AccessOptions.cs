using System.ComponentModel.DataAnnotations;

namespace MedMoE.Mesh.Gateway.Access;

/// <summary>Who may call the gateway, section "Access". Without a list of callers and without tokens everybody may do everything.</summary>
internal sealed record AccessOptions
{
    public const string Section = "Access";

    /// <summary>Whether calls without a known caller are refused. Default: whether there are callers or tokens.</summary>
    public bool? Required { get; init; }

    /// <summary>
    /// File with the callers: names, digests of their keys or subjects of their certificates, rights and limits (<c>mesh key create</c> adds to it).
    /// It is read again within a second after it changes. Default: none.
    /// </summary>
    public string? Callers { get; init; }

    /// <summary>SHA-256 of a key with all rights, for the process that started this one (<c>mesh up</c>). Default: none.</summary>
    [RegularExpression("[0-9a-f]{64}", ErrorMessage = "Access:Operator is not a SHA-256 digest: 64 lower-case hexadecimal digits")]
    public string? Operator { get; init; }

    /// <summary>
    /// Issuer of tokens (JWT), as in their claim "iss". If it begins with https, its keys are fetched from its OpenID configuration, unless there are
    /// <see cref="TokenKeys"/>. Default: no tokens.
    /// </summary>
    public string? TokenIssuer { get; init; }

    /// <summary>Audience that a token must be for, its claim "aud".</summary>
    public string? TokenAudience { get; init; }

    /// <summary>File with the issuer's keys (JWKS, RFC 7517), read again within a second after it changes.</summary>
    public string? TokenKeys { get; init; }

    /// <summary>Claim with the rights of a token, as "infer read" or as a list. Default: scope.</summary>
    public string TokenRights { get; init; } = "scope";

    /// <summary>How much the issuer's clock may differ. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan TokenClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether /metrics needs the right "read". Default false: the network policy admits only Prometheus.</summary>
    public bool Metrics { get; init; }

    internal bool IsOn => Required ?? (Callers is not null || TokenIssuer is not null);
}
