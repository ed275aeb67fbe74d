using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client.Balancer;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>
/// Calls that are tried once more, on another replica, where the first one could not be reached or was lost. gRPC's own retries are no use
/// here: they keep a copy of every message, and may go to the replica that has just died.
/// </summary>
public static class Attempts
{
    private static readonly AsyncLocal<HashSet<Subchannel>?> _tried = new();

    /// <summary>The replicas that the call under way has been sent to.</summary>
    internal static HashSet<Subchannel>? Tried => _tried.Value;

    /// <summary>Calls a service, twice at most.</summary>
    /// <param name="service">The service, which errors name.</param>
    /// <param name="call">The call.</param>
    /// <param name="mayRepeat">Asked after a failure; null where the call may always be repeated.</param>
    /// <exception cref="RpcException">As the service told it, or UNAVAILABLE.</exception>
    public static async Task<T> OnceMore<T>(MeshService service, Func<Task<T>> call, Func<bool>? mayRepeat = null)
    {
        _tried.Value = [];
        try
        {
            return await call();
        }
        catch (RpcException e) when (IsLost(e) && (mayRepeat is null || mayRepeat()))
        {
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

    /// <summary>Whether the replica could not be reached, went away during the call, or takes no more calls.</summary>
    private static bool IsLost(RpcException e)
    {
        for (var cause = e.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpRequestException or IOException or SocketException)
            {
                return true;
            }
        }
        return e.StatusCode == StatusCode.Unavailable;
    }

    private static RpcException Named(MeshService service, RpcException e) => e switch
    {
        _ when IsLost(e) => new RpcException(new Status(StatusCode.Unavailable, $"{service}: no replica can be reached"), e.Trailers),
        { StatusCode: StatusCode.InvalidArgument or StatusCode.Cancelled or StatusCode.DeadlineExceeded } => e,
        _ => new RpcException(new Status(e.StatusCode, $"{service}: {e.Status.Detail}"), e.Trailers),
    };
}
