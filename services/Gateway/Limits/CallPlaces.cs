namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>
/// Places of one kind of call: so many in all, and so many for one caller. Where none is free, the call that has been idle longest makes room, if
/// one is: a caller's own where he has too many, else anybody's.
/// </summary>
/// <param name="max">Places in all.</param>
/// <param name="maxOfCaller">Places of one caller.</param>
/// <param name="kind">What the limits count, and their setting, for those who are refused: "streams at once (Gateway:MaxStreams)".</param>
/// <param name="isIdle">Whether a call may be ended for another.</param>
internal sealed class CallPlaces(int max, int maxOfCaller, string kind, Func<OpenCall, bool> isIdle)
{
    private readonly Lock _lock = new();
    private readonly HashSet<OpenCall> _calls = [];
    private readonly Dictionary<string, int> _ofCaller = [];

    /// <summary>Takes a place until <see cref="Leave"/>.</summary>
    /// <returns>Null, or why there is none.</returns>
    public Refusal? TryEnter(OpenCall call)
    {
        OpenCall? idle = null;
        Refusal? full = null;
        lock (_lock)
        {
            var own = _ofCaller.GetValueOrDefault(call.Caller) >= maxOfCaller;
            if (own || _calls.Count >= max)
            {
                full = Refusal.Over(_calls.Count >= max ? $"{max} {kind}" : $"{maxOfCaller} {kind} for one client (Gateway:MaxClientShare)");
                idle = _calls.Where(other => (!own || other.Caller == call.Caller) && isIdle(other)).MaxBy(other => other.Idle);
                if (idle is null)
                {
                    return full;
                }
                Remove(idle);
            }
            _calls.Add(call);
            _ofCaller[call.Caller] = _ofCaller.GetValueOrDefault(call.Caller) + 1;
        }
        idle?.End(full!);
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
            ended = [.. _calls.Where(which)];
        }
        foreach (var call in ended)
        {
            call.End(refusal);
        }
    }

    private void Remove(OpenCall call)
    {
        if (!_calls.Remove(call))
        {
            return;
        }
        if (--_ofCaller[call.Caller] == 0)
        {
            _ofCaller.Remove(call.Caller);
        }
    }
}
