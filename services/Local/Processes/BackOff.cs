namespace MedMoE.Mesh.Local.Processes;

/// <summary>Restart delay: none after a clean end or a long run, else 0.5 s, doubled each time up to 30 s.</summary>
internal sealed class BackOff
{
    private static readonly TimeSpan _first = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);

    /// <summary>After this time a service counts as stable, and the back-off restarts.</summary>
    private static readonly TimeSpan _well = TimeSpan.FromSeconds(10);

    private TimeSpan _next = _first;

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
