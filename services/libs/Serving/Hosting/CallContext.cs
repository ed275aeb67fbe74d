using Grpc.Core;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>Between a gRPC call and the batcher.</summary>
public static class CallContext
{
    /// <summary>The call's deadline, or null where the caller set none.</summary>
    public static DateTimeOffset? DeadlineOrNone(this ServerCallContext context) =>
        context.Deadline == DateTime.MaxValue ? null : context.Deadline;

    public static Timing ToTiming<T>(this Batched<T> batched) => new()
    {
        QueueMs = (float)batched.Queued.TotalMilliseconds,
        ModelMs = (float)batched.Model.TotalMilliseconds,
        BatchSize = batched.BatchSize,
    };
}
