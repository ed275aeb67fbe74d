using Grpc.Core;
using MedMoE.Mesh.Serving.Batching;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>Waits for the next message of a stream, but not beyond the service's shutdown.</summary>
public static class NextMessage
{
    /// <summary>How long after the start of the shutdown a message is still accepted.</summary>
    internal static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);

    /// <summary>Waits by <paramref name="next"/>. <paramref name="stopping"/> is cancelled when the shutdown starts.</summary>
    /// <exception cref="RpcException">UNAVAILABLE: the service stops, and no message arrived.</exception>
    public static async Task<bool> Await(Func<CancellationToken, Task<bool>> next, CancellationToken stopping, CancellationToken cancellation)
    {
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var registered = stopping.Register(() => idle.CancelAfter(Idle));
        try
        {
            return await next(idle.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled }
            && idle.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw Stopping();
        }
    }

    internal static RpcException Stopping() => new(new Status(StatusCode.Unavailable, new DrainingException().Message));
}
