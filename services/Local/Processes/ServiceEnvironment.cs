namespace MedMoE.Mesh.Local.Processes;

/// <summary>Environment variables of services, where the user has not set them.</summary>
internal static class ServiceEnvironment
{
    // OpenMP's threads spin while they wait, on cores that other services need. With PASSIVE an image took 0.75 of the time, on two idle cores.
    private static readonly (string Name, string Value)[] _every = [("OMP_WAIT_POLICY", "PASSIVE")];

    // Each batch frees memory that the next one allocates again. By default glibc returns it to the system in between, at the cost of a page fault
    // for every 4 KiB. With these a batch of eight took 0.75 of the time (Swin-T, two AMD EPYC cores); huge pages cost nothing and
    // helped in one of three runs.
    private static readonly (string Name, string Value)[] _network =
    [
        ("MALLOC_ARENA_MAX", "1"),
        ("MALLOC_MMAP_THRESHOLD_", "4294967296"),
        ("MALLOC_TRIM_THRESHOLD_", "4294967296"),
        ("MALLOC_TOP_PAD_", "67108864"),
        ("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"),
    ];

    /// <summary>Adds what is not there.</summary>
    /// <param name="environment">Of the process.</param>
    /// <param name="runsNetwork">Whether the service runs a network.</param>
    public static void Complete(IDictionary<string, string?> environment, bool runsNetwork)
    {
        foreach (var (name, value) in _every.Concat(runsNetwork ? _network : []))
        {
            environment.TryAdd(name, value);
        }
    }
}
