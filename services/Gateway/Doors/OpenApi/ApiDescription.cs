using System.Net.Mime;
using System.Text;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace MedMoE.Mesh.Gateway.Doors.OpenApi;

/// <summary>
/// The document of the API, and the page that shows it and tries it. Both are the same for everybody and say nothing about the mesh that runs: like
/// health, neither needs a caller.
/// </summary>
internal static class ApiDescription
{
    private const string Document = "/openapi.json";

    /// <summary>The page may load from the gateway alone, and send to it alone: a key that somebody tries requests with stays here.</summary>
    private const string Policy =
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        + "frame-ancestors 'none'";

    private static readonly Lazy<Task<byte[]>> _document = new(Write);

    /// <summary>Answers requests for either, before anything asks who calls.</summary>
    public static void UseApiDescription(this IApplicationBuilder app) => app.MapWhen(
        context => context.Request.Path == Document || context.Request.Path.StartsWithSegments(CallHeaders.DocsPath),
        description => description.Use(Enclose).UseRouting().UseEndpoints(endpoints =>
        {
            endpoints.MapGet(Document, async () => Results.Bytes(await _document.Value, MediaTypeNames.Application.Json));
            endpoints.MapScalarApiReference(CallHeaders.DocsPath, page => page
                .WithTitle("MedMoE.Mesh")
                .WithOpenApiRoutePattern(Document)
                // All that the page would load from other servers, or tell them.
                .DisableDefaultFonts()
                .DisableTelemetry()
                .DisableAgent()
                .DisableMcp()
                .HideDeveloperTools()
                .HideClientButton());
        }));

    private static Task Enclose(HttpContext context, RequestDelegate next)
    {
        context.Response.Headers.ContentSecurityPolicy = Policy;
        return next(context);
    }

    private static async Task<byte[]> Write() =>
        Encoding.UTF8.GetBytes(await ApiDocument.Create().SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1));
}
