namespace MedMoE.Mesh.Cache;

/// <summary>
/// In-process LRU cache, bounded in bytes. (The framework's MemoryCache refuses new entries when it is full and evicts some time later.) Evicted
/// entries are old objects, which .NET's garbage collector collects last: the process grew to 2.4 times the capacity. So the cache starts a
/// collection after a part of its capacity was evicted. It runs in the background, unless the previous one has not finished: then entries are evicted
/// faster than they are collected, and the caller waits.
/// </summary>
internal sealed class MemoryLevel(long capacity, TimeSpan timeToLive, TimeProvider time)
{
    /// <summary>Estimated bytes per entry besides its value: key, list node, dictionary slot.</summary>
    public const int EntryOverhead = 400;

    /// <summary>
    /// A full collection runs after 1/16 of the capacity was evicted. It stops the process for some 5 ms (256 MiB, two AMD EPYC cores). Background
    /// collections stop it for less than 2 ms, but leave more behind: memory reached 1.4 to 1.7 times the capacity, and 1.06 to 1.26 with these.
    /// </summary>
    private const int CollectionsPerCapacity = 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = [];
    // Most recently used first.
    private readonly LinkedList<Entry> _byUse = [];
    private long _bytes;
    private long _evicted;

    public (object Value, long Size, TimeSpan Cost)? Get(string key)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var node))
            {
                return null;
            }
            if (node.Value.Expires <= time.GetUtcNow())
            {
                Remove(node);
                return null;
            }
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return (node.Value.Value, node.Value.Size, node.Value.Cost);
        }
    }

    /// <summary>Sizes in bytes: <paramref name="size"/> is serialised and counted in metrics, <paramref name="overhead"/> is extra memory.</summary>
    public void Set(string key, object value, long size, long overhead, TimeSpan cost)
    {
        bool mustCollect;
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var old))
            {
                Remove(old);
            }
            var bytes = size + overhead + EntryOverhead;
            if (bytes > capacity)
            {
                return;
            }
            _entries[key] = _byUse.AddFirst(new Entry(key, value, size, bytes, cost, time.GetUtcNow() + timeToLive));
            _bytes += bytes;
            while (_bytes > capacity)
            {
                Remove(_byUse.Last!);
            }
            mustCollect = _evicted > capacity / CollectionsPerCapacity;
            if (mustCollect)
            {
                _evicted = 0;
            }
        }
        if (mustCollect)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _entries.Remove(node.Value.Key);
        _byUse.Remove(node);
        _bytes -= node.Value.Bytes;
        _evicted += node.Value.Bytes;
    }

    private sealed record Entry(string Key, object Value, long Size, long Bytes, TimeSpan Cost, DateTimeOffset Expires);
}
