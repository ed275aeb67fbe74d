using Grpc.Core;
using MedMoE.Mesh.Gateway.Settings;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Sharing;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>Applies <see cref="CallLimits"/> to every proxied call, and answers the calls that are refused or ended.</summary>
internal sealed class LimitedCalls(
    RequestDelegate next, CallLimits limits, IOptions<GatewayOptions> options, TimeProvider time, IHostApplicationLifetime lifetime)
{
    public async Task InvokeAsync(HttpContext context)
    {
        context.Request.Headers[CallerShare.Header] = Caller.ShareOf(context).ToString();
        var aborted = context.RequestAborted;
        using var call = new OpenCall(context, time);
        context.RequestAborted = call.Ended;
        context.Features.Set(call);
        context.Features.Set<IHttpResponseBodyFeature>(new WatchedAnswer(context.Features.GetRequiredFeature<IHttpResponseBodyFeature>(), call));
        var isStream = MeshContract.MethodAt(context.Request.Path.Value!) is { IsClientStreaming: true };
        try
        {
            await (isStream ? Stream(context, call) : OneMessage(context, call));
        }
        catch (OperationCanceledException) when (call.Refusal is not null || aborted.IsCancellationRequested)
        {
            // Ended by the gateway, which answers below, or by the caller, who gets no answer.
        }
        catch (RpcException e)
        {
            // An invalid message shows only when it is read.
            call.End(Refusal.Of(e));
        }
        finally
        {
            context.RequestAborted = aborted;
        }
        if (call.Refusal is { } refusal)
        {
            Answer(context, refusal);
        }
    }

    private async Task OneMessage(HttpContext context, OpenCall call)
    {
        if (limits.Arriving.TryEnter(call) is { } full)
        {
            call.End(full);
            return;
        }
        using var message = new HeldMessage(context, call, limits.Bytes);
        try
        {
            if (!await message.Fill())
            {
                return;
            }
        }
        finally
        {
            limits.Arriving.Leave(call);
        }
        if (limits.Running.TryEnter(call) is { } busy)
        {
            call.End(busy);
            return;
        }
        try
        {
            await next(context);
        }
        finally
        {
            limits.Running.Leave(call);
        }
    }

    private async Task Stream(HttpContext context, OpenCall call)
    {
        if (limits.Streams.TryEnter(call) is { } full)
        {
            call.End(full);
            return;
        }
        try
        {
            if (await new StreamedMessages(context, call, limits.Bytes, lifetime.ApplicationStopping).WaitForFirst())
            {
                await next(context);
            }
        }
        finally
        {
            limits.Bytes.Release(call);
            limits.Streams.Leave(call);
        }
    }

    private void Answer(HttpContext context, Refusal refusal)
    {
        var failed = context.Features.Get<IForwarderErrorFeature>() is not null;
        // Cleared, because this answer replaces the forwarding error.
        context.Features.Set<IForwarderErrorFeature>(null);
        if (!context.Response.HasStarted)
        {
            context.Response.Refuse(refusal.Code, refusal.Message, refusal.MayRetry ? options.Value.RetryAfter : null);
            context.Response.Headers[FieldFaults.Trailer] = refusal.Details;
        }
        else if (failed)
        {
            refusal.Write(context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers);
        }
    }
}
