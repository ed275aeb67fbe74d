using System.Diagnostics;
using Grpc.Core;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.Serving.Load;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.Serving.Sharing;
using MedMoE.Mesh.Serving.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>
/// Middleware around every gRPC call, before grpc-dotnet and YARP: counts calls, refuses those with invalid headers, replaces grpc-dotnet's own
/// statuses, and reads the rest of a request that was answered early.
/// </summary>
internal sealed partial class CallGuard(
    RequestDelegate next, RequestMetrics metrics, ServiceLoad load, FailureLog failures, Readiness readiness, IOptions<ServingOptions> options,
    ILogger<CallGuard> logger)
{
    // grpc-dotnet's message for an exception other than RpcException; type and message follow (GrpcServiceOptions.EnableDetailedErrors).
    private const string HandlerFailed = "Exception was thrown by handler. ";

    // Kestrel's exception for an answer to a caller that has reset the call; RequestAborted may not be set yet.
    private const string ConnectionFailed = nameof(IOException);

    private readonly int _maxMessageBytes = options.Value.MaxMessageBytes;

    public async Task InvokeAsync(HttpContext context)
    {
        if (!CallHeaders.IsCall(context.Request))
        {
            await next(context);
            return;
        }
        // Kestrel's own reader, because later middleware may replace the body.
        var body = context.Request.BodyReader;
        var method = MeshContract.CountedMethod(context.Request.Path.Value!);
        if (method is null)
        {
            await Answer(context);
        }
        else
        {
            await Count(method, context);
        }
        await EarlyAnswer.ReadOn(context, body);
    }

    private async Task Count(string method, HttpContext context)
    {
        var started = Stopwatch.GetTimestamp();
        RequestId.Begin(context);
        CallerShare.Begin(context);
        CallDeadline.Begin(context);
        metrics.Started(method);
        load.Started();
        try
        {
            await Answer(context);
        }
        finally
        {
            var unanswered = context.RequestAborted.IsCancellationRequested ? StatusCode.Cancelled : StatusCode.Unknown;
            var (status, duration) = (context.Response.Status() ?? unanswered, Stopwatch.GetElapsedTime(started));
            metrics.Ended(method, status, duration);
            load.Ended(status);
            if (!readiness.IsStopping && !(status == StatusCode.DeadlineExceeded && IsCallersTime(context, duration)))
            {
                failures.Add(method, status, context.Response.Message(), duration);
            }
        }
    }

    /// <summary>Whether the caller's own deadline has passed, or a limit of the gateway, whose limits are on what callers send and read.</summary>
    private static bool IsCallersTime(HttpContext context, TimeSpan duration) =>
        CallHeaders.DeadlineHasPassed(context.Request, duration) || context.Response.Message().Contains("Gateway:", StringComparison.Ordinal);

    private async Task Answer(HttpContext context)
    {
        var response = context.Response;
        if (CallHeaders.Fault(context.Request) is { } fault)
        {
            response.Refuse(fault);
            return;
        }
        await next(context);
        if (response.Status() is not { } status)
        {
            if (!response.HasStarted && response.StatusCode != StatusCodes.Status200OK)
            {
                response.Refuse(Refusals.NoSuchMethod);
            }
        }
        else if (status is StatusCode.Unknown or StatusCode.Internal or StatusCode.ResourceExhausted)
        {
            Restate(context, response.Message());
        }
    }

    private void Restate(HttpContext context, string words)
    {
        if (Refusals.OfGrpcDotnet(words, _maxMessageBytes) is { } refusal)
        {
            context.Response.Restate(refusal);
        }
        else if (words.StartsWith(HandlerFailed, StringComparison.Ordinal) && !context.RequestAborted.IsCancellationRequested)
        {
            // Only the type, because the message may quote the request.
            var type = words[HandlerFailed.Length..].Split(':')[0];
            if (type == ConnectionFailed)
            {
                context.Response.Restate(new Status(StatusCode.Cancelled, GrpcErrors.CallerGone));
                return;
            }
            context.Response.Restate(GrpcErrors.Unexpected);
            LogFailed(context.Request.Path.Value!, type);
        }
    }

    [LoggerMessage(LogLevel.Error, "{Method} failed outside its handler with {Type}")]
    private partial void LogFailed(string method, string type);
}
