namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>Whether a call may be ended to free capacity for another.</summary>
internal enum Hold
{
    /// <summary>Never.</summary>
    Firm,

    /// <summary>For the same caller, or one with fewer calls.</summary>
    Weak,

    /// <summary>For any caller.</summary>
    None,
}

/// <summary>
/// Limits the concurrent calls of one kind, in total and for each caller. At the limit, a new call ends another one that may be ended: one of the
/// same caller if the caller is over its share, otherwise one of the caller with the most calls.
/// </summary>
internal sealed class CallPlaces(int max, int maxOfCaller, string kind, Func<OpenCall, Hold> holds)
{
    private readonly Lock _lock = new();

    // Each caller's calls in order of arrival, so that the first that may be ended has mostly waited longest. Few steps for each refusal, because an
    // attacker may cause thousands per second.
    private readonly Dictionary<string, LinkedList<OpenCall>> _callers = [];
    private int _count;

    /// <summary>Counts the call until <see cref="Leave"/>.</summary>
    /// <returns>Null, or why the call is refused.</returns>
    public Refusal? TryEnter(OpenCall call)
    {
        OpenCall? ended = null;
        Refusal? full = null;
        lock (_lock)
        {
            var own = _callers.GetValueOrDefault(call.Caller);
            var (share, setting) = call.Known?.MaxCalls is { } granted ? (granted, "max_calls") : (maxOfCaller, "Gateway:MaxClientShare");
            var isOverShare = own?.Count >= share;
            if (_count >= max || isOverShare)
            {
                full = Refusal.Over(_count >= max ? $"{max} {kind}" : $"{share} {kind} for one client ({setting})");
                ended = isOverShare ? own!.FirstOrDefault(other => holds(other) != Hold.Firm) : FindReplaceable(moreThan: own?.Count ?? 0);
            }
            if (full is not null && ended is null)
            {
                return full;
            }
            if (ended is not null)
            {
                Remove(ended);
            }
            Add(call);
        }
        ended?.End(full!);
        return null;
    }

    public void Leave(OpenCall call)
    {
        lock (_lock)
        {
            Remove(call);
        }
    }

    /// <summary>Ends calls; their middleware then calls <see cref="Leave"/>.</summary>
    public void End(Func<OpenCall, bool> which, Refusal refusal)
    {
        OpenCall[] ended;
        lock (_lock)
        {
            ended = [.. _callers.Values.SelectMany(calls => calls).Where(which)];
        }
        foreach (var call in ended)
        {
            call.End(refusal);
        }
    }

    // Only of callers with more calls: otherwise two callers would end each other's calls in turn.
    private OpenCall? FindReplaceable(int moreThan) => _callers.Values
        .Where(calls => calls.Count > moreThan)
        .OrderByDescending(calls => calls.Count)
        .Select(calls => calls.FirstOrDefault(other => holds(other) == Hold.Weak))
        .FirstOrDefault(call => call is not null)
        ?? _callers.Values.SelectMany(calls => calls).FirstOrDefault(other => holds(other) == Hold.None);

    private void Add(OpenCall call)
    {
        if (!_callers.TryGetValue(call.Caller, out var calls))
        {
            _callers[call.Caller] = calls = [];
        }
        call.Place = calls.AddLast(call);
        _count++;
    }

    private void Remove(OpenCall call)
    {
        if (call.Place is not { List: { } calls } place)
        {
            return;
        }
        calls.Remove(place);
        _count--;
        if (calls.Count == 0)
        {
            _callers.Remove(call.Caller);
        }
    }
}
