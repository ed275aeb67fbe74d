namespace MedMoE.Mesh.Cache;

/// <summary>
/// Work that several callers hold at the same time. When the last of them lets it go, work that is still under way is cancelled: it is not the
/// first caller's, whose deadline and whose leaving do not end it for the others.
/// </summary>
/// <typeparam name="T">The work.</typeparam>
/// <param name="isUnderWay">Whether it has still something to do.</param>
/// <param name="mayBeJoined">Whether more callers may join it; null: while it is under way.</param>
public sealed class SharedWork<T>(Func<T, bool> isUnderWay, Func<T, bool>? mayBeJoined = null)
{
    private readonly Func<T, bool> _mayBeJoined = mayBeJoined ?? isUnderWay;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = [];

    /// <summary>Joins the work under a key, or begins it.</summary>
    /// <param name="key">What makes work equal.</param>
    /// <param name="begin">Begins it, and returns at once: it runs under a lock. Its token is cancelled when nobody holds the work any more.</param>
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
            // Nobody may join what is about to be cancelled.
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

    /// <summary>One caller's hold on the work, until it is disposed of.</summary>
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
