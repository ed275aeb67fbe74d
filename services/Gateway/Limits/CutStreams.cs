using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Transforms;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>Replaces the service's status by UNAVAILABLE for streams that end early because the gateway stops.</summary>
internal static class StoppedStreams
{
    public static IReverseProxyBuilder AddStoppedStreams(this IReverseProxyBuilder proxy) => proxy.AddTransforms(route =>
    {
        route.AddResponseTransform(response =>
        {
            if (IsCut(response.HttpContext) && response.HttpContext.Response.Headers.ContainsKey(GrpcAnswer.StatusField))
            {
                GrpcAnswer.Write(response.HttpContext.Response.Headers, Refusal.Stopping.Code, Refusal.Stopping.Message);
            }
            return ValueTask.CompletedTask;
        });
        route.AddResponseTrailersTransform(response =>
        {
            var trailers = response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers;
            if (IsCut(response.HttpContext) && trailers is { IsReadOnly: false })
            {
                GrpcAnswer.Write(trailers, Refusal.Stopping.Code, Refusal.Stopping.Message);
            }
            return ValueTask.CompletedTask;
        });
    });

    private static bool IsCut(HttpContext context) => context.Features.Get<StreamedMessages>() is { IsCut: true };
}
