using Grpc.Core;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Serving.Hosting;

public static class CallContext
{
    public static DateTimeOffset? DeadlineOrNone(this ServerCallContext context) => context.Deadline == DateTime.MaxValue ? null : context.Deadline;

    public static Timing ToTiming<T>(this Batched<T> batched) => new()
    {
        QueueMs = (float)batched.Queued.TotalMilliseconds,
        ModelMs = (float)batched.Model.TotalMilliseconds,
        BatchSize = batched.BatchSize,
    };
}
