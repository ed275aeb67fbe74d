using Grpc.Core;
using MedMoE.Mesh.Gateway.Settings;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Hosting;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>
/// Around every proxied call, as gRPC's interceptors see none of these: refuses it while the gateway stops, and says in gRPC's words why it could
/// not be forwarded.
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
