using Grpc.Core;
using MedMoE.Mesh.Gateway.Settings;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Hosting;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>
/// Refuses proxied calls while the gateway stops, and answers with a gRPC status if a call could not be forwarded. A middleware, because gRPC
/// interceptors do not see proxied calls.
/// </summary>
internal sealed class ProxiedCalls(RequestDelegate next, Readiness readiness, IOptions<GatewayOptions> options)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (readiness.IsStopping)
        {
            context.Response.Refuse(StatusCode.Unavailable, new DrainingException().Message);
            return;
        }
        var reset = HeldReset.Of(context);
        await next(context);
        if (context.Features.Get<IForwarderErrorFeature>() is not { } failure)
        {
            return;
        }
        var status = CallFailure.Status(failure, context, options.Value);
        if (!context.Response.HasStarted)
        {
            context.Response.Refuse(status);
        }
        else if (reset is { IsDue: true })
        {
            context.Response.BreakOff(status.StatusCode, status.Detail);
        }
    }
}
