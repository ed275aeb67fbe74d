namespace MedMoE.Mesh.Cache;

/// <summary>
/// The level in the process: values as they are, bounded in bytes, the least recently used ones go first. (The framework's MemoryCache
/// refuses new entries when it is full and makes room some time later.) Entries die old, where .NET's collector looks for garbage last: it let
/// the process grow to 2.4 times the capacity. So the level asks for a collection whenever so much has gone; it runs beside the program,
/// unless the one before it has not come to its end: then entries come faster than collections can follow, and wait for it.
/// </summary>
internal sealed class MemoryLevel(long capacity, TimeSpan timeToLive, TimeProvider time)
{
    /// <summary>What an entry takes besides its value: key, node, place in the dictionary.</summary>
    public const int EntryOverhead = 400;

    /// <summary>The part of the capacity that goes between two collections.</summary>
    private const int GarbagePart = 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = [];
    // The most recently used first.
    private readonly LinkedList<Entry> _byUse = [];
    private long _bytes;
    private long _gone;
    // How many there had been when the last one was asked for.
    private long _collected = -1;

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

    /// <param name="key">The key.</param>
    /// <param name="value">The entry.</param>
    /// <param name="size">Its bytes, which are counted when it is found.</param>
    /// <param name="overhead">Bytes that it takes in the process beyond them.</param>
    /// <param name="cost">How long it took to make.</param>
    public void Set(string key, object value, long size, long overhead, TimeSpan cost)
    {
        bool isMuchGone, mustWait;
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
            isMuchGone = _gone > capacity / GarbagePart;
            mustWait = isMuchGone && _collected == Collections;
            if (isMuchGone)
            {
                (_gone, _collected) = (0, Collections);
            }
        }
        if (isMuchGone)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: mustWait);
        }
    }

    /// <summary>Collections of everything that have come to their end, those beside the program and those that it waited for.</summary>
    private static long Collections => GC.GetGCMemoryInfo(GCKind.Background).Index + GC.GetGCMemoryInfo(GCKind.FullBlocking).Index;

    private void Remove(LinkedListNode<Entry> node)
    {
        _entries.Remove(node.Value.Key);
        _byUse.Remove(node);
        _bytes -= node.Value.Bytes;
        _gone += node.Value.Bytes;
    }

    private sealed record Entry(string Key, object Value, long Size, long Bytes, TimeSpan Cost, DateTimeOffset Expires);
}
