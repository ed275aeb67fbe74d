using Grpc.Core;
using MedMoE.Mesh.Serving.Batching;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>The wait for the next message of a stream, which ends when the service stops and nothing comes.</summary>
public static class NextMessage
{
    /// <summary>How long after the signal a message may still come.</summary>
    internal static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);

    /// <param name="next">Waits for the message.</param>
    /// <param name="stopping">Cancelled when the service is told to stop.</param>
    /// <param name="cancellation">Cancelled when nobody waits for the message any more.</param>
    /// <exception cref="RpcException">UNAVAILABLE: the service stops, and no message came.</exception>
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
