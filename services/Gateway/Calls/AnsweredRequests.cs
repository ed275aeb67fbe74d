using MedMoE.Mesh.Serving.Hosting;
using Yarp.ReverseProxy.Transforms;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>Ends the request to a service once it has answered; otherwise the stream stays open until the caller ends it.</summary>
internal static class AnsweredRequests
{
    public static IReverseProxyBuilder AddAnsweredRequests(this IReverseProxyBuilder proxy) => proxy.AddTransforms(route =>
    {
        route.AddRequestHeader(EarlyAnswer.Header, EarlyAnswer.WithAnswer, append: false);
        route.AddResponseTrailersTransform(response =>
        {
            response.HttpContext.Features.Get<RequestMessages>()?.End();
            return ValueTask.CompletedTask;
        });
    });
}
