namespace MedMoE.Mesh.Serving.Sharing;

/// <summary>
/// Waiting work of many callers. Its order is that of start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996): callers take turns by their
/// weights, however much each of them has waiting, and one caller's work stays in the order of arrival. Work that may be shed comes last. Not
/// thread-safe.
/// </summary>
public sealed class FairQueue<T>
{
    private readonly SortedSet<Node> _nodes = new(Comparer<Node>.Create((a, b) =>
        (a.Share.IsSheddable, a.Begins, a.Number).CompareTo((b.Share.IsSheddable, b.Begins, b.Number))));

    private readonly Dictionary<string, Flow> _flows = [];
    private double _now;
    private long _number;

    public int Count => _nodes.Count;

    /// <summary>The first to be taken; null if the queue is empty.</summary>
    public Node? First => _nodes.Min;

    /// <summary>All of it, the first to be taken first. The queue must not change meanwhile.</summary>
    public IEnumerable<Node> InOrder => _nodes;

    public Node Add(T item, CallerShare share)
    {
        if (!_flows.TryGetValue(share.Caller, out var flow))
        {
            _flows[share.Caller] = flow = new Flow();
        }
        var begins = Math.Max(_now, flow.Ends);
        flow.Ends = begins + (1.0 / share.Weight);
        flow.Count++;
        var node = new Node(item, share, begins, _number++);
        _nodes.Add(node);
        return node;
    }

    /// <summary>How much is taken before the last of so many items of a newcomer, its own other ones included.</summary>
    public int AheadOf(CallerShare newcomer, int count = 1)
    {
        var begins = Math.Max(_now, _flows.GetValueOrDefault(newcomer.Caller)?.Ends ?? 0) + ((count - 1.0) / newcomer.Weight);
        return count - 1 + _nodes.Count(node => (node.Share.IsSheddable, node.Begins).CompareTo((newcomer.IsSheddable, begins)) <= 0);
    }

    /// <summary>Removes work that is done now: the others' turns are counted from it.</summary>
    public void Take(Node node)
    {
        if (Remove(node))
        {
            _now = Math.Max(_now, node.Begins);
        }
    }

    /// <summary>Removes work that is not done.</summary>
    /// <returns>Whether it was still there.</returns>
    public bool Remove(Node node)
    {
        if (!_nodes.Remove(node))
        {
            return false;
        }
        var flow = _flows[node.Share.Caller];
        if (--flow.Count == 0)
        {
            // Its next work begins with the turn that is then.
            _flows.Remove(node.Share.Caller);
        }
        return true;
    }

    /// <summary>
    /// Whom to send away so that a newcomer finds room for so much: work that may be shed, and the last of callers that would still have more than
    /// the newcomer for its weight. Null if that is not enough.
    /// </summary>
    /// <param name="newcomer">Whose work comes.</param>
    /// <param name="missing">How much room there is too little.</param>
    /// <param name="size">The room that work takes, 0 for none; null: each counts as one.</param>
    public IReadOnlyList<Node>? VictimsFor(CallerShare newcomer, long missing, Func<T, long>? size = null)
    {
        size ??= _ => 1;
        var left = _nodes.GroupBy(node => node.Share.Caller).ToDictionary(flow => flow.Key, flow => flow.Sum(node => size(node.Item)));
        var own = left.GetValueOrDefault(newcomer.Caller);
        var (victims, found) = (new List<Node>(), 0L);
        foreach (var node in _nodes.Reverse())
        {
            if (found >= missing)
            {
                break;
            }
            var (caller, weight, room) = (node.Share.Caller, node.Share.Weight, size(node.Item));
            var isShed = node.Share.IsSheddable && !newcomer.IsSheddable;
            var hasMore = caller != newcomer.Caller && node.Share.IsSheddable == newcomer.IsSheddable
                && (double)(left[caller] - room) / weight >= (double)(own + missing) / newcomer.Weight;
            if (room > 0 && (isShed || hasMore))
            {
                left[caller] -= room;
                found += room;
                victims.Add(node);
            }
        }
        return found >= missing ? victims : null;
    }

    /// <summary>Waiting work, and when its turn begins in the time of the queue.</summary>
    public sealed record Node(T Item, CallerShare Share, double Begins, long Number)
    {
        public bool Equals(Node? other) => ReferenceEquals(this, other);

        public override int GetHashCode() => Number.GetHashCode();
    }

    /// <summary>A caller's work: how much waits, and when the turn of its last ends.</summary>
    private sealed class Flow
    {
        public int Count { get; set; }

        public double Ends { get; set; }
    }
}
