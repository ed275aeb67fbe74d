using System.Net.Sockets;
using Grpc.Core;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Serving.Balancing;

/// <summary>
/// Retries a call once, on another replica, if the first one was unreachable or lost. gRPC's own retries do not fit: they keep a copy of every
/// message and may choose the replica that has just failed.
/// </summary>
public static class Attempts
{
    private static readonly AsyncLocal<TriedReplicas?> _tried = new();

    /// <summary>The replicas that the current call was sent to.</summary>
    internal static TriedReplicas? Tried => _tried.Value;

    /// <summary>Calls a service, at most twice.</summary>
    /// <param name="service">Named in errors.</param>
    /// <param name="call">The call.</param>
    /// <param name="mayRepeat">Asked after a failure; null: always true. If false, the caller gets UNAVAILABLE and must restart all work.</param>
    /// <param name="tried">The replicas that earlier attempts at the same work were sent to; null for none.</param>
    /// <exception cref="RpcException">The service's error, or UNAVAILABLE.</exception>
    public static async Task<T> OnceMore<T>(MeshService service, Func<Task<T>> call, Func<bool>? mayRepeat = null, TriedReplicas? tried = null)
    {
        _tried.Value = tried ?? new TriedReplicas();
        try
        {
            return await call();
        }
        catch (RpcException e) when (IsLost(e))
        {
            _tried.Value.Latest?.Lost();
            if (mayRepeat?.Invoke() == false)
            {
                throw new LostCallException(service);
            }
            // Retry below.
        }
        catch (RpcException e)
        {
            throw Named(service, e);
        }
        try
        {
            return await call();
        }
        catch (RpcException e)
        {
            throw Named(service, e);
        }
    }

    /// <summary>Whether a replica was lost during a call that could not be repeated on its own.</summary>
    public static bool IsLostCall(Exception failure) => failure is LostCallException;

    /// <summary>Whether the replica was unreachable, was lost during the call, or refuses new calls.</summary>
    private static bool IsLost(RpcException e)
    {
        if (e.Trailers.Get(GrpcErrors.ServiceTrailer) is not null)
        {
            // A nested call has already retried it.
            return e is LostCallException;
        }
        for (var cause = e.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpRequestException or IOException or SocketException)
            {
                return true;
            }
        }
        return e.StatusCode == StatusCode.Unavailable;
    }

    /// <summary>UNAVAILABLE: a replica was lost during a call that could not be repeated.</summary>
    private sealed class LostCallException(MeshService service) : RpcException(
        new Status(StatusCode.Unavailable, $"{service}: connection lost before the answer was complete"),
        new Metadata { { GrpcErrors.ServiceTrailer, service.ToString() } });

    /// <summary>Prefixes the message with the service's name. Does nothing when a nested call has already added it.</summary>
    private static RpcException Named(MeshService service, RpcException e)
    {
        if (e.Trailers.Get(GrpcErrors.ServiceTrailer) is not null || e.StatusCode is StatusCode.Cancelled or StatusCode.DeadlineExceeded)
        {
            return e;
        }
        // Callers get only the trailers that are meant for them.
        var trailers = new Metadata { { GrpcErrors.ServiceTrailer, service.ToString() } };
        foreach (var name in (string[])[GrpcErrors.PushbackTrailer, MetadataExtensions.StatusDetailsTrailerName])
        {
            if (e.Trailers.Get(name) is { } meant)
            {
                trailers.Add(meant);
            }
        }
        return new RpcException(
            IsLost(e) ? new Status(StatusCode.Unavailable, $"{service}: no replica can be reached")
            : e.StatusCode == StatusCode.InvalidArgument ? new Status(e.StatusCode, e.Status.Detail)
            : new Status(e.StatusCode, $"{service}: {e.Status.Detail}"),
            trailers);
    }
}
