using Grpc.Core;
using MedMoE.Mesh.Gateway.Settings;
using MedMoE.Mesh.Serving.Endpoints;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>Gives every proxied call its place (<see cref="CallLimits"/>), and tells those that get or keep none why.</summary>
internal sealed class LimitedCalls(
    RequestDelegate next, CallLimits limits, IOptions<GatewayOptions> options, TimeProvider time, IHostApplicationLifetime lifetime)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var aborted = context.RequestAborted;
        using var call = new OpenCall(context, time);
        context.RequestAborted = call.Ended;
        context.Features.Set<IHttpResponseBodyFeature>(new WatchedAnswer(context.Features.GetRequiredFeature<IHttpResponseBodyFeature>(), call));
        var isStream = MeshContract.MethodAt(context.Request.Path.Value!) is { IsClientStreaming: true };
        try
        {
            await (isStream ? Stream(context, call) : OneMessage(context, call));
        }
        catch (OperationCanceledException) when (call.Refusal is not null || aborted.IsCancellationRequested)
        {
            // Ended by the gateway, which is told below, or by a caller who hears nothing any more.
        }
        catch (RpcException e)
        {
            // What is wrong with a message shows when it is read.
            call.End(new Refusal(e.StatusCode, e.Status.Detail));
        }
        finally
        {
            context.RequestAborted = aborted;
        }
        if (call.Refusal is { } refusal)
        {
            Tell(context, refusal);
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
            if (await new StreamedMessages(context, call, lifetime.ApplicationStopping).UntilFirst())
            {
                await next(context);
            }
        }
        finally
        {
            limits.Streams.Leave(call);
        }
    }

    private void Tell(HttpContext context, Refusal refusal)
    {
        var failed = context.Features.Get<IForwarderErrorFeature>() is not null;
        // Told here: no service had a part in it.
        context.Features.Set<IForwarderErrorFeature>(null);
        if (!context.Response.HasStarted)
        {
            context.Response.Refuse(refusal.Code, refusal.Message, refusal.MayRetry ? options.Value.RetryAfter : null);
        }
        else if (failed)
        {
            context.Response.BreakOff(refusal.Code, refusal.Message);
        }
    }
}
