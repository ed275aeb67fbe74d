using System.Text.RegularExpressions;

namespace MedMoE.Mesh.Local.Processes;

/// <summary>Where a service listens, as it tells in its log.</summary>
/// <param name="Grpc">HOST:PORT of gRPC.</param>
/// <param name="Http">HOST:PORT of /healthz and /metrics.</param>
internal sealed partial record Listening(string Grpc, string Http)
{
    /// <returns>Null for any other line.</returns>
    public static Listening? Parse(string line) =>
        Line().Match(line) is { Success: true } match ? new Listening(match.Groups["grpc"].Value, match.Groups["http"].Value) : null;

    [GeneratedRegex(@"\blistening grpc=(?<grpc>\S+) http=(?<http>\S+)$")]
    private static partial Regex Line();
}
