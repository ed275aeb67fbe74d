using Grpc.Core;
using MedMoE.Mesh.Orca;
using MedMoE.Mesh.Serving.Load;

namespace MedMoE.Mesh.Serving.Balancing;

/// <summary>One call, from the choice of its replica to its end, which it tells the replica's <see cref="ReplicaLoad"/>.</summary>
/// <param name="paces">Those of the service's methods.</param>
/// <param name="method">The method's path.</param>
/// <param name="isTimed">Whether its time says something of the replica: not that of a stream, which lasts as long as its caller sends.</param>
/// <param name="time">The clock.</param>
public sealed class MeasuredCall(MethodPaces paces, string method, bool isTimed, TimeProvider time)
{
    private ReplicaLoad? _replica;
    private long _sentAt;
    private TimeSpan? _took;

    /// <summary>The replica is chosen. One that cannot be connected to may be followed by another.</summary>
    public void SentTo(ReplicaLoad replica)
    {
        replica.Began();
        _sentAt = time.GetTimestamp();
        Interlocked.Exchange(ref _replica, replica)?.Ended();
    }

    /// <summary>The last message of a request is sent: before, the replica waited for its caller.</summary>
    public void LastRequest() => _sentAt = time.GetTimestamp();

    /// <summary>The first message of a stream of answers: the rest comes as fast as it is read.</summary>
    public void FirstAnswer() => _took ??= time.GetElapsedTime(_sentAt);

    /// <summary>The end; only the first counts.</summary>
    /// <param name="status">Its status.</param>
    /// <param name="isNested">Whether the status is that of a service behind the replica.</param>
    /// <param name="report">The replica's; null if there is none.</param>
    public void Ended(StatusCode status, bool isNested = false, OrcaLoadReport? report = null)
    {
        if (Interlocked.Exchange(ref _replica, null) is not { } replica)
        {
            return;
        }
        replica.Ended();
        if (report is not null)
        {
            replica.Reported(report);
        }
        var took = _took ?? time.GetElapsedTime(_sentAt);
        if (status is StatusCode.DeadlineExceeded or StatusCode.Cancelled)
        {
            // It would have taken longer. If it was broken off early, that says nothing, not even that the replica lives.
            if (isTimed && paces.LeastRatioOf(method, took) is > 1 and var ratio)
            {
                replica.Took(ratio);
            }
        }
        else if (ServiceLoad.IsServersFault(status) && !isNested)
        {
            replica.Failed();
        }
        else
        {
            replica.Answered();
            if (isTimed && status == StatusCode.OK)
            {
                replica.Took(paces.RatioOf(method, took));
            }
        }
    }
}
