using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Sharing;

namespace MedMoE.Mesh.Expert;

/// <summary>Capacity that one call holds. Guarded by the lock of its <see cref="OpenCalls"/>.</summary>
internal sealed class Holding
{
    public Holding() => WaitNode = new LinkedListNode<Holding>(this);

    /// <summary>On whose behalf the call runs.</summary>
    public CallerShare Share { get; init; } = CallerShare.Current;

    public int Places { get; set; }

    public long Bytes { get; set; }

    /// <summary>Its node among the open calls; null while it holds nothing.</summary>
    public FairQueue<Holding>.Node? OpenNode { get; set; }

    /// <summary>Its node in the list of calls that wait for their callers; in no list while it does not wait.</summary>
    public LinkedListNode<Holding> WaitNode { get; }

    public long WaitingSince { get; set; }

    /// <summary>Why the call was ended for another; null if it was not. Set before <see cref="Evict"/> is called.</summary>
    public QueueFullException? Ended { get; set; }

    /// <summary>Ends the call, when another one needs the capacity.</summary>
    public required Action Evict { get; init; }
}
