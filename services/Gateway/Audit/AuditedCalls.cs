using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Grpc.Core;
using MedMoE.Mesh.Gateway.Calls;
using MedMoE.Mesh.Gateway.Limits;
using MedMoE.Mesh.Gateway.Routing;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.Serving.Telemetry;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Model;
using Yarp.ReverseProxy.Transforms;

namespace MedMoE.Mesh.Gateway.Audit;

/// <summary>Writes the line of each call when it has ended, refused ones included; not of health checks and reflection.</summary>
internal sealed class AuditedCalls(RequestDelegate next, AuditLog log, TimeProvider time)
{
    public async Task InvokeAsync(HttpContext context)
    {
        // Clients do not ask for it.
        context.Request.Headers.Remove(AuditNotes.Header);
        if (!log.IsOn || !CallHeaders.IsCall(context.Request) || MeshContract.CountedMethod(context.Request.Path.Value!) is not { } method)
        {
            await next(context);
            return;
        }
        var (began, started) = (time.GetUtcNow(), Stopwatch.GetTimestamp());
        context.Request.Headers[AuditNotes.Header] = "1";
        context.Features.Set(new Notes());
        try
        {
            await next(context);
        }
        finally
        {
            Write(context, method, began, Stopwatch.GetElapsedTime(started));
        }
    }

    private void Write(HttpContext context, string method, DateTimeOffset began, TimeSpan duration)
    {
        var notes = context.Features.Get<Notes>()!.Values;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("audit", "call");
            json.WriteString("time", began);
            json.WriteString("request", RequestId.Current);
            json.WriteString("caller", Caller.Of(context));
            json.WriteString("method", method.TrimStart('/'));
            Optional(json, "protocol", context.Features.Get<ITranslatedRequest>()?.Protocol);
            // Not what the client's header says, which may be anything.
            var proxied = context.Features.Get<IReverseProxyFeature>();
            Optional(json, "service", proxied is null ? null : MeshRoutes.NameOf(proxied.Cluster.Config.Metadata));
            Optional(json, "expert", notes.GetValueOrDefault(AuditNotes.Expert));
            Optional(json, "model", notes.GetValueOrDefault(AuditNotes.Model));
            var unanswered = context.RequestAborted.IsCancellationRequested ? StatusCode.Cancelled : StatusCode.Unknown;
            json.WriteString("status", (context.Response.Status() ?? unanswered).ToString());
            json.WriteNumber("milliseconds", (long)duration.TotalMilliseconds);
            json.WriteNumber("request_bytes", context.Features.Get<RequestMessages>()?.Bytes ?? 0);
            json.WriteNumber("response_bytes", (context.Features.Get<IHttpResponseBodyFeature>() as WatchedAnswer)?.Bytes ?? 0);
            if (notes.TryGetValue(AuditNotes.Images, out var images))
            {
                json.WriteNumber("images", int.Parse(images, CultureInfo.InvariantCulture));
            }
            Optional(json, "image", notes.TryGetValue(AuditNotes.Image, out var hash) ? log.KeyedHashOf(hash) : null);
            json.WriteEndObject();
        }
        log.Write(buffer.WrittenSpan);
    }

    private static void Optional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is { Length: > 0 })
        {
            json.WriteString(name, value);
        }
    }

    /// <summary>Takes the router's trailers out of an answer.</summary>
    internal static ValueTask Take(HttpContext context, IHeaderDictionary? fields)
    {
        if (context.Features.Get<Notes>() is { } notes && fields is { IsReadOnly: false })
        {
            foreach (var name in AuditNotes.Trailers)
            {
                if (fields.Remove(name, out var value))
                {
                    notes.Values[name] = value.ToString();
                }
            }
        }
        return ValueTask.CompletedTask;
    }

    private sealed class Notes
    {
        public Dictionary<string, string> Values { get; } = [];
    }
}

internal static class AuditRegistration
{
    public static void AddAudit(this WebApplicationBuilder builder) =>
        builder.Services.AddSection<AuditOptions>(AuditOptions.Section).AddSingleton<AuditLog>();

    public static IReverseProxyBuilder AddAudit(this IReverseProxyBuilder proxy) => proxy.AddTransforms(route =>
    {
        // An answer without a message has its trailers among the headers.
        route.AddResponseTransform(response => AuditedCalls.Take(response.HttpContext, response.HttpContext.Response.Headers));
        route.AddResponseTrailersTransform(response => AuditedCalls.Take(
            response.HttpContext, response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers));
    });
}
