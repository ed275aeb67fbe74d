using MedMoE.Mesh.Local.Plan;
using MedMoE.Mesh.Serving.Endpoints;

namespace MedMoE.Mesh.Local.Processes;

/// <summary>Runs the replicas of services, tells each other's addresses, and changes their number.</summary>
/// <param name="plan">What the mesh starts with.</param>
/// <param name="endpoints">The file that tells the gateway the addresses of all versions.</param>
/// <param name="log">Where lines of services go.</param>
/// <param name="time">The clock.</param>
internal sealed class Supervisor(MeshPlan plan, string endpoints, MeshLog log, TimeProvider time)
{
    /// <summary>Services reload the endpoints file at once, or half a second later; until then a removed replica still gets calls.</summary>
    private static readonly TimeSpan _drain = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly List<Replica> _replicas = [];
    private readonly SemaphoreSlim _scaling = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _hurry = new();
    private ServedVersions _versions = new(plan.Version);

    public MeshPlan Plan => plan;

    public ServedVersions Versions
    {
        get
        {
            lock (_lock)
            {
                return _versions;
            }
        }
    }

    /// <summary>In the order of the plan; a service without replicas has one entry, with number 0.</summary>
    public IReadOnlyList<ReplicaStatus> Status()
    {
        lock (_lock)
        {
            return [.. _versions.Services.SelectMany(StatusOf)];
        }
    }

    /// <summary>The same of one service.</summary>
    public IReadOnlyList<ReplicaStatus> StatusOf(ProcessSpec spec)
    {
        lock (_lock)
        {
            var of = _versions.All.Where(version => version.Services.Contains(spec)).ToArray();
            var version = of.Length == 1 ? of[0].Name : null;
            return [.. ReplicasOf(spec).Select(replica => replica.Status with { Version = version })
                .DefaultIfEmpty(new ReplicaStatus(spec.Service.Name, 0, null, null, version))];
        }
    }

    /// <summary>Starts all replicas and waits until they are healthy.</summary>
    /// <exception cref="LocalMeshException">A replica cannot start; the others keep running.</exception>
    public Task Start(CancellationToken cancellation)
    {
        WriteEndpoints();
        return Scale(plan.Services.ToDictionary(spec => spec, spec => spec.Replicas), cancellation);
    }

    /// <summary>Tells gateway and routers which versions there are. Services that are in none of them run on until <see cref="End"/>.</summary>
    /// <param name="versions">The versions.</param>
    /// <param name="renewed">Services that start again from another bundle, which has the same weights, when they end.</param>
    public void Publish(ServedVersions versions, IReadOnlyDictionary<ProcessSpec, ProcessSpec>? renewed = null)
    {
        lock (_lock)
        {
            foreach (var replica in _replicas)
            {
                if (renewed?.GetValueOrDefault(replica.Spec) is { } spec)
                {
                    replica.StartAgainAs(spec);
                }
            }
            _versions = versions;
            WriteEndpoints();
        }
    }

    /// <summary>Changes numbers of replicas; returns when new ones are healthy and surplus ones have ended.</summary>
    /// <exception cref="LocalMeshException">A new replica cannot start; new ones that are not healthy have been removed.</exception>
    public async Task Scale(IReadOnlyDictionary<ProcessSpec, int> counts, CancellationToken cancellation)
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

    /// <summary>Stops all replicas of services, routers before those that they call.</summary>
    public async Task End(IReadOnlyCollection<ProcessSpec> services)
    {
        await _scaling.WaitAsync(CancellationToken.None);
        try
        {
            await StopInOrder(Remove(services), _drain);
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
        await StopInOrder(_replicas, TimeSpan.Zero);
    }

    private async Task StopInOrder(IEnumerable<Replica> replicas, TimeSpan drain)
    {
        foreach (var group in replicas.GroupBy(replica => replica.Spec.Service.Kind.StopsAt).OrderBy(group => group.Key))
        {
            await Stop([.. group], drain);
        }
    }

    private Task Stop(IReadOnlyList<Replica> replicas, TimeSpan drain) => Task.WhenAll(replicas.Select(replica => replica.Stop(drain, _hurry.Token)));

    private (IReadOnlyList<Replica> Added, IReadOnlyList<Replica> Removed) Change(IReadOnlyDictionary<ProcessSpec, int> counts)
    {
        lock (_lock)
        {
            List<Replica> added = [], removed = [];
            foreach (var (spec, count) in counts)
            {
                var running = ReplicasOf(spec).ToArray();
                removed.AddRange(running.Skip(count));
                for (var number = running.Length + 1; number <= count; number++)
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

    private IReadOnlyList<Replica> Remove(IReadOnlyCollection<ProcessSpec> services)
    {
        lock (_lock)
        {
            return Remove([.. _replicas.Where(replica => services.Contains(replica.Spec))]);
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

    private IEnumerable<Replica> ReplicasOf(ProcessSpec spec) => _replicas.Where(replica => replica.Spec == spec).OrderBy(replica => replica.Number);

    private void WriteEndpoints()
    {
        lock (_lock)
        {
            var (present, candidate, share) = _versions;
            try
            {
                foreach (var version in _versions.All.Where(version => version.EndpointsFile is not null))
                {
                    EndpointsFile.Write(version.EndpointsFile!, new EndpointOptions { Services = Addresses(version.Services) });
                }
                EndpointsFile.Write(endpoints, new EndpointOptions
                {
                    Services = Addresses(present.Services),
                    Version = present.Name,
                    Candidates = candidate is null ? [] :
                    [
                        new CandidateOptions
                        {
                            Version = candidate.Name,
                            Weight = share?.Weight ?? 0,
                            Shadow = share?.IsShadow ?? false,
                            Services = Addresses(candidate.OwnBeside(present)),
                        },
                    ],
                });
            }
            catch (IOException e)
            {
                // Continue: the processes still need supervision.
                log.Info($"cannot publish changed addresses: {e.Message}");
            }
        }
    }

    private IReadOnlyDictionary<string, string> Addresses(IEnumerable<ProcessSpec> services) => services.Where(spec => spec.IsCalled).ToDictionary(
        spec => spec.Service.Name,
        spec => string.Join(',', ReplicasOf(spec).Select(replica => replica.Status.Listening?.Grpc).OfType<string>()));
}
