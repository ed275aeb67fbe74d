namespace MedMoE.Mesh.Expert;

/// <summary>What one call holds. Guarded by its <see cref="OpenCalls"/>.</summary>
internal sealed class Holding
{
    public Holding() => Silence = new LinkedListNode<Holding>(this);

    public int Places { get; set; }

    public long Bytes { get; set; }

    /// <summary>Its place among the calls that wait for their callers; in no list while it does not.</summary>
    public LinkedListNode<Holding> Silence { get; }

    /// <summary>Since when it waits for its caller.</summary>
    public long SilentSince { get; set; }

    /// <summary>Called when another call needs the room.</summary>
    public required Action GiveWay { get; init; }
}
