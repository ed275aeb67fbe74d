namespace MedMoE.Mesh.Cache;

/// <summary>
/// The right to compute an entry, which one router at a time has. It is extended until it is disposed of, and ends soon after its router has died.
/// </summary>
/// <remarks>
/// Nothing checks whose lease is extended or ended. A router that was suspended for longer than its lease lasts may end another's: the entry is then
/// computed once more, and is the same. StackExchange.Redis's LockExtend and LockRelease do check it, in a transaction that blocks the thread and the
/// connection until Redis answers: for 5 s when it did not.
/// </remarks>
internal sealed class Lease(RedisLevel redis, string key, TimeProvider time) : IDisposable
{
    /// <summary>
    /// How long a lease lasts without being extended: what a dead router costs the others at most. It is extended each third of it, so 2 s are left
    /// for its entry to be written.
    /// </summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);

    private readonly ITimer _extensions = time.CreateTimer(_ => redis.Extend(key), null, Duration / 3, Duration / 3);

    public void Dispose()
    {
        _extensions.Dispose();
        redis.Release(key);
    }
}
