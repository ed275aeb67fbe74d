using System.Globalization;

namespace MedMoE.Mesh.Local.Processes;

/// <summary>A table of the replicas and their addresses.</summary>
internal static class StatusTable
{
    public static string Format(IReadOnlyList<ReplicaStatus> replicas)
    {
        string[][] rows =
        [
            ["service", "replica", "pid", "gRPC", "HTTP"],
            .. replicas.Select(replica => new[]
            {
                replica.Service,
                Number(replica.Number),
                replica.Pid is { } pid ? Number(pid) : "-",
                replica.Listening?.Grpc ?? (replica.Number == 0 ? "-" : "starting"),
                replica.Listening?.Http ?? (replica.Number == 0 ? "-" : "starting"),
            }),
        ];
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        return string.Join('\n', rows.Select(row => string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()));
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
