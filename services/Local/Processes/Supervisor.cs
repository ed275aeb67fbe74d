using MedMoE.Mesh.Local.Plan;

namespace MedMoE.Mesh.Local.Processes;

/// <summary>Runs the processes of a plan, tells the others where they are, and changes how many there are.</summary>
internal sealed class Supervisor(MeshPlan plan, EndpointsFile endpoints, MeshLog log, TimeProvider time)
{
    /// <summary>What reads the endpoints file does so 0.25 s after a change; a replica that goes takes calls until then.</summary>
    private static readonly TimeSpan _drain = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly List<Replica> _replicas = [];
    private readonly SemaphoreSlim _scaling = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _hurry = new();

    public MeshPlan Plan => plan;

    /// <summary>The replicas, in the order of the plan.</summary>
    public IReadOnlyList<ReplicaStatus> Status()
    {
        lock (_lock)
        {
            return [.. plan.Services.SelectMany(ReplicasOf).Select(replica => replica.Status)];
        }
    }

    /// <summary>Starts every replica of the plan and waits until all are healthy.</summary>
    /// <exception cref="LocalMeshException">One of them cannot start; the others still run.</exception>
    public Task Start(CancellationToken cancellation)
    {
        WriteEndpoints();
        return Scale(plan.Services.ToDictionary(s => s.ShortName, s => s.Replicas), cancellation);
    }

    /// <summary>Changes numbers of replicas; returns when the new ones are healthy and those too many have ended.</summary>
    /// <param name="counts">Numbers by <see cref="ProcessSpec.ShortName"/>.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="LocalMeshException">A new replica cannot start. New ones that are not healthy are gone.</exception>
    public async Task Scale(IReadOnlyDictionary<string, int> counts, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stopping.Token);
        await _scaling.WaitAsync(either.Token);
        try
        {
            var (added, removed) = Change(counts);
            var stops = Stop(removed, _drain);
            try
            {
                await foreach (var ready in Task.WhenEach(added.Select(replica => replica.Ready)).WithCancellation(either.Token))
                {
                    await ready;
                }
            }
            catch
            {
                await Stop(Remove([.. added.Where(replica => !replica.Ready.IsCompletedSuccessfully)]), TimeSpan.Zero);
                await stops;
                throw;
            }
            await stops;
        }
        finally
        {
            _scaling.Release();
        }
    }

    /// <summary>Ends every replica: the gateway, then routers, then the rest.</summary>
    /// <param name="hurry">Ends them at once.</param>
    public async Task Stop(CancellationToken hurry)
    {
        using var hurried = hurry.Register(_hurry.Cancel);
        await _stopping.CancelAsync();
        await _scaling.WaitAsync(CancellationToken.None);
        foreach (var group in _replicas.GroupBy(replica => replica.Spec.Service.Kind.StopsAt).OrderBy(group => group.Key))
        {
            await Stop([.. group], TimeSpan.Zero);
        }
    }

    private Task Stop(IReadOnlyList<Replica> replicas, TimeSpan drain) =>
        Task.WhenAll(replicas.Select(replica => replica.Stop(drain, _hurry.Token)));

    private (IReadOnlyList<Replica> Added, IReadOnlyList<Replica> Removed) Change(IReadOnlyDictionary<string, int> counts)
    {
        lock (_lock)
        {
            List<Replica> added = [], removed = [];
            foreach (var spec in plan.Services.Where(s => counts.ContainsKey(s.ShortName)))
            {
                var running = ReplicasOf(spec).ToArray();
                removed.AddRange(running.Skip(counts[spec.ShortName]));
                for (var number = running.Length + 1; number <= counts[spec.ShortName]; number++)
                {
                    added.Add(new Replica(spec, number, log, time, WriteEndpoints));
                }
            }
            _replicas.AddRange(added);
            return (added, Remove(removed));
        }
    }

    private IReadOnlyList<Replica> Remove(IReadOnlyList<Replica> gone)
    {
        lock (_lock)
        {
            _replicas.RemoveAll(gone.Contains);
            return gone;
        }
    }

    private IEnumerable<Replica> ReplicasOf(ProcessSpec spec) =>
        _replicas.Where(replica => replica.Spec == spec).OrderBy(replica => replica.Number);

    private void WriteEndpoints()
    {
        lock (_lock)
        {
            var addresses = plan.Services.Where(spec => spec.IsCalled).ToDictionary(
                spec => spec.Service,
                spec => string.Join(',', ReplicasOf(spec).Select(replica => replica.Status.Listening?.Grpc).OfType<string>()));
            try
            {
                endpoints.Write(addresses);
            }
            catch (IOException e)
            {
                // Processes must be looked after all the same.
                log.Tell($"services do not hear of a change: {e.Message}");
            }
        }
    }
}
