namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>How firmly a call holds its place when others need one.</summary>
internal enum Hold
{
    /// <summary>Until it leaves.</summary>
    Firm,

    /// <summary>Until its own caller, or one who has fewer, needs it.</summary>
    Weak,

    /// <summary>Until anybody needs it.</summary>
    None,
}

/// <summary>
/// Places of one kind of call: so many in all, and so many for one caller. Where none is free, a call that does not hold its place firmly makes room:
/// the caller's own where he has too many, else one of whoever has most.
/// </summary>
/// <param name="max">Places in all.</param>
/// <param name="maxOfCaller">Places of one caller.</param>
/// <param name="kind">What the limits count, and their setting, for those who are refused: "streams at once (Gateway:MaxStreams)".</param>
/// <param name="holds">How firmly a call holds its place.</param>
internal sealed class CallPlaces(int max, int maxOfCaller, string kind, Func<OpenCall, Hold> holds)
{
    private readonly Lock _lock = new();

    // Each caller's calls as they came: the first that may be ended has waited longest, mostly. Refusals are found in a few steps, for an attacker
    // may want thousands a second.
    private readonly Dictionary<string, LinkedList<OpenCall>> _callers = [];
    private int _count;

    /// <summary>Takes a place until <see cref="Leave"/>.</summary>
    /// <returns>Null, or why there is none.</returns>
    public Refusal? TryEnter(OpenCall call)
    {
        OpenCall? ended = null;
        Refusal? full = null;
        lock (_lock)
        {
            var own = _callers.GetValueOrDefault(call.Caller);
            var isOverShare = own?.Count >= maxOfCaller;
            if (_count >= max || isOverShare)
            {
                full = Refusal.Over(_count >= max ? $"{max} {kind}" : $"{maxOfCaller} {kind} for one client (Gateway:MaxClientShare)");
                ended = isOverShare ? own!.FirstOrDefault(other => holds(other) != Hold.Firm) : Loosest(moreThan: own?.Count ?? 0);
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

    /// <summary>Gives the place back, if the call still has it.</summary>
    public void Leave(OpenCall call)
    {
        lock (_lock)
        {
            Remove(call);
        }
    }

    /// <summary>Ends calls, which then give their places back themselves.</summary>
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

    // Not of those who have as many: two callers would end each other's in turn.
    private OpenCall? Loosest(int moreThan) => _callers.Values
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
