using System.Security.Cryptography;
using System.Text.RegularExpressions;
using MedMoE.Mesh.Wire.Transport;
using Microsoft.AspNetCore.Http;

namespace MedMoE.Mesh.Serving.Telemetry;

/// <summary>
/// The id of a request, which joins a client's call with the log lines of every service: taken from the header <c>x-request-id</c> or made, passed on
/// with each call to another service, and sent back. Work that several requests share has the id of the one that started it.
/// </summary>
public static partial class RequestId
{
    public const string Header = CallerHeaders.RequestId;

    private static readonly AsyncLocal<string?> _current = new();

    /// <summary>Null outside of requests.</summary>
    public static string? Current => _current.Value;

    /// <summary>Gives the request its id. A header of another form is replaced, because ids are logged and could hold anything.</summary>
    internal static void Begin(HttpContext context)
    {
        var given = context.Request.Headers[Header];
        var id = given is [{ } only] && Form().IsMatch(only) ? only : RandomNumberGenerator.GetHexString(16, lowercase: true);
        _current.Value = id;
        // For the services behind a proxy.
        context.Request.Headers[Header] = id;
        context.Response.OnStarting(() =>
        {
            context.Response.Headers[Header] = id;
            return Task.CompletedTask;
        });
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}$")]
    private static partial Regex Form();
}
