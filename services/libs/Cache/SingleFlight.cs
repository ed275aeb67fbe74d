namespace MedMoE.Mesh.Cache;

/// <summary>
/// Equal work at the same time is done once. Whoever asks while it is under way joins; the work is cancelled when everybody has left, and is
/// not the first caller's: his deadline and his going do not end it for the others.
/// </summary>
public sealed class SingleFlight<T>
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Flight> _flights = [];

    /// <summary>Joins the work under this key, or starts it.</summary>
    /// <param name="key">What makes work equal.</param>
    /// <param name="work">The work; its token is cancelled when nobody waits for it any more.</param>
    /// <param name="cancellation">Cancelled when this caller leaves.</param>
    public async Task<T> Run(string key, Func<CancellationToken, Task<T>> work, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Flight flight;
        lock (_lock)
        {
            if (!_flights.TryGetValue(key, out flight!))
            {
                flight = new Flight();
                _flights.Add(key, flight);
                flight.Task = Fly(key, flight, work);
            }
            flight.Riders++;
        }
        try
        {
            return await flight.Task.WaitAsync(cancellation);
        }
        finally
        {
            Leave(key, flight);
        }
    }

    private async Task<T> Fly(string key, Flight flight, Func<CancellationToken, Task<T>> work)
    {
        // Not under the lock, and not on the first caller's back.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            return await work(flight.Abandoned.Token);
        }
        finally
        {
            lock (_lock)
            {
                Land(key, flight);
            }
        }
    }

    private void Leave(string key, Flight flight)
    {
        lock (_lock)
        {
            if (--flight.Riders > 0 || flight.Task.IsCompleted)
            {
                return;
            }
            // Nobody may join what is about to be cancelled.
            Land(key, flight);
        }
        flight.Abandoned.Cancel();
    }

    private void Land(string key, Flight flight)
    {
        if (_flights.TryGetValue(key, out var current) && current == flight)
        {
            _flights.Remove(key);
        }
    }

    private sealed class Flight
    {
        public Task<T> Task { get; set; } = null!;

        public int Riders { get; set; }

        public CancellationTokenSource Abandoned { get; } = new();
    }
}
