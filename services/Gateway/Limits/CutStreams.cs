using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Transforms;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>Replaces the service's status for streams that the gateway ends early: <see cref="StreamedMessages.CutFor"/>.</summary>
internal static class CutStreams
{
    public static IReverseProxyBuilder AddCutStreams(this IReverseProxyBuilder proxy) => proxy.AddTransforms(route =>
    {
        route.AddResponseTransform(response =>
        {
            if (response.HttpContext.Response.Headers is var headers && headers.ContainsKey(GrpcAnswer.StatusField))
            {
                Replace(response.HttpContext, headers);
            }
            return ValueTask.CompletedTask;
        });
        route.AddResponseTrailersTransform(response =>
        {
            if (response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { IsReadOnly: false } trailers)
            {
                Replace(response.HttpContext, trailers);
            }
            return ValueTask.CompletedTask;
        });
    });

    private static void Replace(HttpContext context, IHeaderDictionary fields) =>
        context.Features.Get<StreamedMessages>()?.CutFor?.Write(fields);
}
