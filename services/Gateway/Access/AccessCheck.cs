using Grpc.Core;
using MedMoE.Mesh.Gateway.Limits;
using MedMoE.Mesh.Serving.Access;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Reloading;
using MedMoE.Mesh.Wire.Catalog;
using MedMoE.Mesh.Wire.Transport;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Access;

/// <summary>
/// Finds out who calls, and refuses callers that are unknown or lack the right for the method. Everything needs a caller but health, and /metrics
/// unless <see cref="AccessOptions.Metrics"/> is set.
/// </summary>
internal sealed class AccessCheck(RequestDelegate next, IOptions<AccessOptions> options, TimeProvider time, ReloadedFile<CallerList>? callers = null)
{
    private const string GrpcHealth = "/grpc.health.v1.Health";

    private static readonly KnownCaller _operator = new("operator", Rights.All);

    public async Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path;
        if (!options.Value.IsOn || path == CallHeaders.HealthPath || path.StartsWithSegments(GrpcHealth)
            || (path == CallHeaders.MetricsPath && !options.Value.Metrics))
        {
            Forget(context);
            await next(context);
            return;
        }
        var (caller, fault) = await Identify(context);
        Forget(context);
        if (caller is null)
        {
            context.Response.Refuse(StatusCode.Unauthenticated, fault!);
            return;
        }
        if (caller.Until < time.GetUtcNow())
        {
            // A connection may outlive the certificate that opened it.
            context.Response.Refuse(Refusal.Expired.Code, Refusal.Expired.Message);
            return;
        }
        context.Features.Set(caller);
        var needed = path == CallHeaders.MetricsPath ? Rights.Read
            : MeshContract.MethodAt(path.Value!) is { } method ? MethodRights.Needed(method) : Rights.None;
        if (!caller.Rights.HasFlag(needed))
        {
            context.Response.Refuse(StatusCode.PermissionDenied, $"{caller.Name} lacks the right \"{CallerRights.NameOf(needed)}\"");
            return;
        }
        await next(context);
    }

    private async Task<(KnownCaller? Caller, string? Fault)> Identify(HttpContext context)
    {
        var headers = context.Request.Headers;
        var (authorization, key) = (headers[CallerHeaders.Authorization], headers[CallerHeaders.ApiKey]);
        if (authorization.Count + key.Count > 1)
        {
            return (null, $"more than one of {CallerHeaders.Authorization} and {CallerHeaders.ApiKey}");
        }
        if (authorization is [{ } given])
        {
            if (!given.StartsWith(CallerHeaders.Bearer, StringComparison.OrdinalIgnoreCase))
            {
                return (null, $"{CallerHeaders.Authorization}: expected Bearer and a key or token");
            }
            var bearer = given[CallerHeaders.Bearer.Length..].Trim();
            return options.Value.TokenIssuer is not null && Tokens.IsToken(bearer) ? await Tokens.Check(context) : WithKey(bearer);
        }
        if (key is [{ } only])
        {
            return WithKey(only);
        }
        return context.Connection.ClientCertificate is not { } certificate
            ? (null, $"no key: send {CallerHeaders.Authorization}: Bearer KEY, or {CallerHeaders.ApiKey}")
            : callers?.Value.WithCertificate(certificate) is { } caller ? (caller, null)
            : (null, "the certificate is not one of a known caller");
    }

    private (KnownCaller? Caller, string? Fault) WithKey(string key) =>
        callers?.Value.WithKey(key) is { } caller ? (caller, null)
        : CallerList.DigestOf(key) == options.Value.Operator ? (_operator, null)
        : (null, "unknown key");

    /// <summary>Services behind the gateway need no key, and must not see it.</summary>
    private static void Forget(HttpContext context)
    {
        context.Request.Headers.Remove(CallerHeaders.Authorization);
        context.Request.Headers.Remove(CallerHeaders.ApiKey);
    }
}
