using MedMoE.Mesh.Local.Plan;

namespace MedMoE.Mesh.Local.Processes;

/// <summary>Runs the replicas of a plan, publishes their addresses, and changes their number.</summary>
internal sealed class Supervisor(MeshPlan plan, EndpointsFile endpoints, MeshLog log, TimeProvider time)
{
    /// <summary>Services reload the endpoints file 0.25 s after a change; until then a removed replica still gets calls.</summary>
    private static readonly TimeSpan _drain = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly List<Replica> _replicas = [];
    private readonly SemaphoreSlim _scaling = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _hurry = new();

    public MeshPlan Plan => plan;

    /// <summary>In the order of the plan; a service without replicas has one entry, with number 0.</summary>
    public IReadOnlyList<ReplicaStatus> Status()
    {
        lock (_lock)
        {
            return [.. plan.Services.SelectMany(spec =>
                ReplicasOf(spec).Select(replica => replica.Status).DefaultIfEmpty(new ReplicaStatus(spec.Service.Name, 0, null, null)))];
        }
    }

    /// <summary>Starts all replicas and waits until they are healthy.</summary>
    /// <exception cref="LocalMeshException">A replica cannot start; the others keep running.</exception>
    public Task Start(CancellationToken cancellation)
    {
        WriteEndpoints();
        return Scale(plan.Services.ToDictionary(s => s.ShortName, s => s.Replicas), cancellation);
    }

    /// <summary>Changes numbers of replicas, by short name; returns when new ones are healthy and surplus ones have ended.</summary>
    /// <exception cref="LocalMeshException">A new replica cannot start; new ones that are not healthy have been removed.</exception>
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

    /// <summary>Stops all replicas: the gateway, then routers, then the rest.</summary>
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

    private Task Stop(IReadOnlyList<Replica> replicas, TimeSpan drain) => Task.WhenAll(replicas.Select(replica => replica.Stop(drain, _hurry.Token)));

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
                    var transport = plan.TransportTo(spec.Service.Kind);
                    added.Add(new Replica(spec, number, FreeHttpPort(spec, added), transport, log, time, WriteEndpoints));
                }
            }
            _replicas.AddRange(added);
            return (added, Remove(removed));
        }
    }

    /// <summary>The gateway's port is the plan's; the others take the first one after it that no replica has.</summary>
    private int FreeHttpPort(ProcessSpec spec, IEnumerable<Replica> added) =>
        plan.HttpPort == 0 || !spec.IsCalled ? plan.HttpPort
        : Enumerable.Range(plan.HttpPort + 1, ushort.MaxValue).Except(_replicas.Concat(added).Select(replica => replica.HttpPort)).First();

    private IReadOnlyList<Replica> Remove(IReadOnlyList<Replica> gone)
    {
        lock (_lock)
        {
            _replicas.RemoveAll(gone.Contains);
            return gone;
        }
    }

    private IEnumerable<Replica> ReplicasOf(ProcessSpec spec) => _replicas.Where(replica => replica.Spec == spec).OrderBy(replica => replica.Number);

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
                // Continue: the processes still need supervision.
                log.Info($"cannot publish changed addresses: {e.Message}");
            }
        }
    }
}
