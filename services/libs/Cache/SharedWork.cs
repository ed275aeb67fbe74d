namespace MedMoE.Mesh.Cache;

/// <summary>
/// Work shared by several callers under one key. It does not end with the first caller's deadline or cancellation: it is cancelled, if still running,
/// when the last caller releases it.
/// </summary>
/// <typeparam name="T">The work.</typeparam>
/// <param name="isUnderWay">Whether the work is still running and must be cancelled when released.</param>
/// <param name="mayBeJoined">Whether more callers may join; null: while it is running.</param>
public sealed class SharedWork<T>(Func<T, bool> isUnderWay, Func<T, bool>? mayBeJoined = null)
{
    private readonly Func<T, bool> _mayBeJoined = mayBeJoined ?? isUnderWay;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = [];

    /// <summary>
    /// Joins the work under a key, or begins it. <paramref name="begin"/> runs under a lock and must return at once. Its token is cancelled when the
    /// last caller releases the work.
    /// </summary>
    public Hold Join(string key, Func<CancellationToken, T> begin)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var entry) || !_mayBeJoined(entry.Work))
            {
                var abandoned = new CancellationTokenSource();
                _entries[key] = entry = new Entry(begin(abandoned.Token), abandoned);
            }
            entry.Holds++;
            return new Hold(this, key, entry);
        }
    }

    private void Leave(string key, Entry entry)
    {
        lock (_lock)
        {
            if (--entry.Holds > 0)
            {
                return;
            }
            // The work is cancelled next, so no caller may join it any more.
            if (_entries.GetValueOrDefault(key) == entry)
            {
                _entries.Remove(key);
            }
        }
        if (isUnderWay(entry.Work))
        {
            entry.Abandoned.Cancel();
        }
    }

    internal sealed class Entry(T work, CancellationTokenSource abandoned)
    {
        public T Work => work;

        public CancellationTokenSource Abandoned => abandoned;

        public int Holds { get; set; }
    }

    /// <summary>A caller's share of the work; disposing releases it.</summary>
    public sealed class Hold : IDisposable
    {
        private readonly string _key;
        private readonly Entry _entry;
        private SharedWork<T>? _from;

        internal Hold(SharedWork<T> from, string key, Entry entry) => (_from, _key, _entry) = (from, key, entry);

        public T Work => _entry.Work;

        public void Dispose() => Interlocked.Exchange(ref _from, null)?.Leave(_key, _entry);
    }
}
