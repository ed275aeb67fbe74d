namespace MedMoE.Mesh.Cache;

/// <summary>
/// The level in the process: values as they are, bounded in bytes, the least recently used ones go first. (The framework's MemoryCache
/// refuses new entries when it is full and makes room some time later.)
/// </summary>
internal sealed class MemoryLevel(long capacity, TimeSpan timeToLive, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = [];
    // The most recently used first.
    private readonly LinkedList<Entry> _byUse = [];
    private long _bytes;

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

    public void Set(string key, object value, long size, TimeSpan cost)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var old))
            {
                Remove(old);
            }
            if (size > capacity)
            {
                return;
            }
            _entries[key] = _byUse.AddFirst(new Entry(key, value, size, cost, time.GetUtcNow() + timeToLive));
            _bytes += size;
            while (_bytes > capacity)
            {
                Remove(_byUse.Last!);
            }
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _entries.Remove(node.Value.Key);
        _byUse.Remove(node);
        _bytes -= node.Value.Size;
    }

    private sealed record Entry(string Key, object Value, long Size, TimeSpan Cost, DateTimeOffset Expires);
}
