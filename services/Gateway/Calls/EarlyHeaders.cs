using Yarp.ReverseProxy.Transforms;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>
/// Forwards response headers immediately. By default YARP holds them back until the first byte of the body, so that an error without a body stays a
/// single frame; a client that waits for the headers before it sends anything would then wait for ever.
/// </summary>
internal static class EarlyHeaders
{
    public static IReverseProxyBuilder AddEarlyHeaders(this IReverseProxyBuilder proxy) =>
        proxy.AddTransforms(route => route.AddResponseTransform(async response =>
    {
        // A grpc-status in the headers means that no body follows.
        if (response.ProxyResponse is { } answer && !answer.Headers.NonValidated.Contains(GrpcAnswer.StatusField))
        {
            await response.HttpContext.Response.BodyWriter.FlushAsync(response.CancellationToken);
        }
    }));
}
