namespace MedMoE.Mesh.Expert;

/// <summary>Capacity that one call holds. Guarded by the lock of its <see cref="OpenCalls"/>.</summary>
internal sealed class Holding
{
    public Holding() => WaitNode = new LinkedListNode<Holding>(this);

    public int Places { get; set; }

    public long Bytes { get; set; }

    /// <summary>Its node in the list of calls that wait for their callers; in no list while it does not wait.</summary>
    public LinkedListNode<Holding> WaitNode { get; }

    public long WaitingSince { get; set; }

    /// <summary>Ends the call, when another one needs the capacity.</summary>
    public required Action Evict { get; init; }
}
