namespace MedMoE.Mesh.Cache;

/// <summary>Single flight: concurrent calls with the same key share one execution, as a <see cref="SharedWork{T}"/> of tasks.</summary>
public sealed class SingleFlight<T>
{
    private readonly SharedWork<Task<T>> _flights = new(flight => !flight.IsCompleted);

    /// <summary>Joins the work under this key, or starts it. The token of the work is cancelled when no caller waits any more.</summary>
    public async Task<T> Run(string key, Func<CancellationToken, Task<T>> work, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var flight = _flights.Join(key, abandoned => Start(work, abandoned));
        return await flight.Work.WaitAsync(cancellation);
    }

    private static async Task<T> Start(Func<CancellationToken, Task<T>> work, CancellationToken abandoned)
    {
        // Yield first: the work must not run under the lock, nor on the first caller's thread.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return await work(abandoned);
    }
}
