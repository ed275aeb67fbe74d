using Grpc.Core;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;
using Yarp.ReverseProxy.Transforms;

namespace MedMoE.Mesh.Gateway.Replicas;

/// <summary>
/// Retries a call once on another replica if the first was unreachable, was lost before it answered, or is stopping. At that point the caller has
/// received nothing, and its request is still complete: <see cref="IRepeatableRequest"/>.
/// </summary>
internal sealed class OtherReplica(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        var attempt = new Attempt(context.Features.Get<IRepeatableRequest>());
        if (proxy.AllDestinations.Count > 1)
        {
            context.Features.Set(attempt);
        }
        await next(context);
        context.Features.Set<Attempt>(null);
        if (proxy.ProxiedDestination is not { } tried || !(attempt.IsDeclined || (IsLost(context) && attempt.CanRepeat)))
        {
            return;
        }
        var others = Others(proxy.AvailableDestinations, tried) is { Length: > 0 } well ? well : Others(proxy.AllDestinations, tried);
        if (others.Length == 0)
        {
            return;
        }
        context.Response.Clear();
        context.Features.Set<IForwarderErrorFeature>(null);
        proxy.AvailableDestinations = others;
        await next(context);
    }

    /// <summary>Suppresses the answer of a replica that is stopping if another one will answer.</summary>
    internal static ValueTask Decline(ResponseTransformContext response)
    {
        if (response.ProxyResponse is { } answer && IsUnavailable(answer)
            && response.HttpContext.Features.Get<Attempt>() is { CanRepeat: true } attempt)
        {
            attempt.IsDeclined = true;
            response.SuppressResponseBody = true;
        }
        return ValueTask.CompletedTask;
    }

    private static DestinationState[] Others(IReadOnlyList<DestinationState> destinations, DestinationState tried) =>
        [.. destinations.Where(d => d != tried)];

    // A trailer names a service behind this one that is down: another replica would not reach it either.
    private static bool IsUnavailable(HttpResponseMessage answer) =>
        answer.Headers.NonValidated.TryGetValues(GrpcAnswer.StatusField, out var status)
        && status.ToString() == GrpcAnswer.Text(StatusCode.Unavailable)
        && !answer.Headers.NonValidated.Contains(GrpcErrors.ServiceTrailer);

    private static bool IsLost(HttpContext context) =>
        !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested
        && context.Features.Get<IForwarderErrorFeature>() is { } failure
        // A connect timeout is an inner exception; without one the call itself has timed out.
        && failure.Exception is not OperationCanceledException { InnerException: not TimeoutException };

    private sealed class Attempt(IRepeatableRequest? request)
    {
        public bool IsDeclined { get; set; }

        public bool CanRepeat => request?.TryRewind() == true;
    }
}

internal static class OtherReplicaRegistration
{
    /// <summary>Must be added before any other response transform.</summary>
    public static IReverseProxyBuilder AddOtherReplica(this IReverseProxyBuilder proxy) =>
        proxy.AddTransforms(route => route.AddResponseTransform(OtherReplica.Decline));
}
