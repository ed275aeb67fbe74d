using Yarp.ReverseProxy.Transforms;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>
/// Sends a service's headers on when they come. YARP keeps them until the first byte of an answer, so that an error without one stays a
/// single frame; a client that waits for headers before it sends anything would wait for ever.
/// </summary>
internal static class EarlyHeaders
{
    public static IReverseProxyBuilder AddEarlyHeaders(this IReverseProxyBuilder proxy) =>
        proxy.AddTransforms(route => route.AddResponseTransform(async response =>
    {
        // With the status among them, nothing follows.
        if (response.ProxyResponse is { } answer && !answer.Headers.NonValidated.Contains(GrpcAnswer.StatusField))
        {
            await response.HttpContext.Response.BodyWriter.FlushAsync(response.CancellationToken);
        }
    }));
}
