namespace MedMoE.Mesh.Local.Processes;

/// <summary>
/// How long a service that ended waits until it is started again: not at all where it was healthy and ended cleanly, or had been well for long; else
/// 0.5 s, doubled each time up to 30 s.
/// </summary>
internal sealed class BackOff
{
    private static readonly TimeSpan _first = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);

    /// <summary>A service that lived this long was well; what ended it is a new matter.</summary>
    private static readonly TimeSpan _well = TimeSpan.FromSeconds(10);

    private TimeSpan _next = _first;

    /// <param name="lived">How long it ran.</param>
    /// <param name="cleanly">Whether it was healthy and then ended because it was asked to.</param>
    public TimeSpan Next(TimeSpan lived, bool cleanly)
    {
        if (cleanly || lived >= _well)
        {
            _next = _first;
            return TimeSpan.Zero;
        }
        var wait = _next;
        _next = wait * 2 > _longest ? _longest : wait * 2;
        return wait;
    }
}
