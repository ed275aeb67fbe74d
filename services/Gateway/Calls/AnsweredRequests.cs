using MedMoE.Mesh.Serving.Hosting;
using Yarp.ReverseProxy.Transforms;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>
/// Ends a request towards a service that has answered it. YARP waits for the caller to end it; the service would keep it open as long, and the
/// caller may leave it open.
/// </summary>
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
