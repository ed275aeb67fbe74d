using Grpc.Core;
using MedMoE.Mesh.Gateway.Limits;
using Microsoft.AspNetCore.Routing.Template;

namespace MedMoE.Mesh.Gateway.Doors;

/// <summary>Whatever arrives on the HTTP port, other than gRPC-Web, health and metrics: passes requests at doors on as calls of gRPC.</summary>
internal sealed partial class DoorRequests(
    RequestDelegate next, IEnumerable<IDoor> doors, RequestBytes bytes, ILogger<DoorRequests> logger)
{
    private readonly (TemplateMatcher Matcher, DoorRoute Route)[] _routes =
    [
        .. doors.SelectMany(door => door.Routes)
            .Select(route => (new TemplateMatcher(TemplateParser.Parse(route.Path.TrimStart('/')), []), route)),
    ];

    public async Task InvokeAsync(HttpContext context)
    {
        // Requests in gRPC-Web already look like those of gRPC.
        if (CallHeaders.IsCall(context.Request) || context.Request.Path.Value is CallHeaders.HealthPath or CallHeaders.MetricsPath)
        {
            await next(context);
            return;
        }
        DoorCall? call = null;
        try
        {
            call = Open(context);
            call.CheckHead();
            var answer = new DoorAnswer(context, call, bytes);
            await Pass(DoorContext.Create(context, call, answer), answer);
        }
        catch (DoorException e) when (call is not null)
        {
            call.WriteFailure(e.Problem, context.Response);
        }
        catch (DoorException e)
        {
            e.Problem.WriteHead(context.Response);
            e.Problem.WriteBody(context.Response.BodyWriter);
        }
    }

    private async Task Pass(HttpContext call, DoorAnswer answer)
    {
        try
        {
            await next(call);
        }
        catch (Exception e) when (!call.RequestAborted.IsCancellationRequested)
        {
            // Only the type, because the message may quote the request.
            LogFailed(call.Request.Path.Value!, e.GetType().Name);
        }
        await answer.End(call.Response);
    }

    private DoorCall Open(HttpContext context)
    {
        var request = context.Request;
        var verbs = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (matcher, route) in _routes)
        {
            request.RouteValues = [];
            if (!matcher.TryMatch(request.Path, request.RouteValues))
            {
                continue;
            }
            if (HttpMethods.Equals(route.Verb, request.Method))
            {
                return route.Open(request);
            }
            verbs.Add(route.Verb);
        }
        if (verbs.Count == 0)
        {
            throw new DoorException(new Problem(
                StatusCode.NotFound, $"no such path; {CallHeaders.DocsPath} shows what there is, and gRPC has a port of its own"));
        }
        context.Response.Headers.Allow = string.Join(", ", verbs);
        throw new DoorException(new Problem(StatusCode.Unimplemented, $"this path takes {string.Join(", ", verbs)}")
        {
            HttpStatus = StatusCodes.Status405MethodNotAllowed,
        });
    }

    [LoggerMessage(LogLevel.Error, "{Method} failed in its door with {Type}")]
    private partial void LogFailed(string method, string type);
}
