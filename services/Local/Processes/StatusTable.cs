using System.Globalization;

namespace MedMoE.Mesh.Local.Processes;

/// <summary>A table of the replicas and their addresses; while there is a candidate, also of the version that each is of.</summary>
internal static class StatusTable
{
    public static string Format(IReadOnlyList<ReplicaStatus> replicas)
    {
        var hasVersions = replicas.Select(replica => replica.Version).Distinct().Count() > 1;
        string[] Row(string version, params string[] cells) => hasVersions ? [.. cells, version] : cells;
        return TextTable.Format(
        [
            Row("version", "service", "replica", "pid", "gRPC", "HTTP"),
            .. replicas.Select(replica => Row(
                replica.Version ?? "all",
                replica.Service,
                Number(replica.Number),
                replica.Pid is { } pid ? Number(pid) : "-",
                replica.Listening?.Grpc ?? (replica.Number == 0 ? "-" : "starting"),
                replica.Listening?.Http ?? (replica.Number == 0 ? "-" : "starting"))),
        ]);
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
