using System.Net.Sockets;
using Grpc.Core;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>
/// Calls that are tried once more, on another replica, where the first one could not be reached or was lost. gRPC's own retries are no use
/// here: they keep a copy of every message, and may go to the replica that has just died.
/// </summary>
public static class Attempts
{
    private static readonly AsyncLocal<TriedReplicas?> _tried = new();

    /// <summary>The replicas that the call under way has been sent to.</summary>
    internal static TriedReplicas? Tried => _tried.Value;

    /// <summary>Calls a service, twice at most.</summary>
    /// <param name="service">The service, which errors name.</param>
    /// <param name="call">The call.</param>
    /// <param name="mayRepeat">
    /// Asked after a failure; null where the call may always be repeated. Where it may not, whoever called may repeat all of his work.
    /// </param>
    /// <param name="tried">Where earlier attempts at the same work have been; null for none.</param>
    /// <exception cref="RpcException">As the service told it, or UNAVAILABLE.</exception>
    public static async Task<T> OnceMore<T>(MeshService service, Func<Task<T>> call, Func<bool>? mayRepeat = null, TriedReplicas? tried = null)
    {
        _tried.Value = tried ?? new TriedReplicas();
        try
        {
            return await call();
        }
        catch (RpcException e) when (IsLost(e))
        {
            if (_tried.Value.Latest is { } lost)
            {
                LostReplicas.Add(lost);
            }
            if (mayRepeat?.Invoke() == false)
            {
                throw new BrokenOffException(service);
            }
            // Once more.
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

    /// <summary>Whether a replica was lost in the middle of a call that could not be repeated by itself.</summary>
    public static bool IsBrokenOff(Exception failure) => failure is BrokenOffException;

    /// <summary>Whether the replica could not be reached, went away during the call, or takes no more calls.</summary>
    private static bool IsLost(RpcException e)
    {
        if (e.Trailers.Get(GrpcErrors.ServiceTrailer) is not null)
        {
            // Tried twice already, by a call within this one.
            return e is BrokenOffException;
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

    /// <summary>UNAVAILABLE: a replica went away in the middle, when its call could not be repeated.</summary>
    private sealed class BrokenOffException(MeshService service) : RpcException(
        new Status(StatusCode.Unavailable, $"{service}: it broke off"), new Metadata { { GrpcErrors.ServiceTrailer, service.ToString() } });

    /// <summary>The same, with the service's name in front, for callers who know none of it. Named once: calls stand within calls.</summary>
    private static RpcException Named(MeshService service, RpcException e)
    {
        if (e.Trailers.Get(GrpcErrors.ServiceTrailer) is not null || e.StatusCode is StatusCode.Cancelled or StatusCode.DeadlineExceeded)
        {
            return e;
        }
        // Of the trailers only what is meant for callers.
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
