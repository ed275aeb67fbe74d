using System.Text.RegularExpressions;

namespace MedMoE.Mesh.Local.Processes;

/// <summary>Where a service is reached from this machine, as it tells in its log.</summary>
/// <param name="Grpc">HOST:PORT of gRPC.</param>
/// <param name="Http">HOST:PORT of /healthz and /metrics.</param>
internal sealed partial record Listening(string Grpc, string Http)
{
    /// <returns>Null for any other line.</returns>
    public static Listening? Parse(string line) =>
        Line().Match(line) is { Success: true } match
            ? new Listening(Reached(match.Groups["grpc"].Value), Reached(match.Groups["http"].Value)) : null;

    /// <summary>Every address is none to call. That of IPv6 is IPv4's as well, which is there on machines without ::1, too.</summary>
    private static string Reached(string listening) => Everywhere().Replace(listening, "127.0.0.1:");

    [GeneratedRegex(@"^(\[::\]|0\.0\.0\.0):")]
    private static partial Regex Everywhere();

    [GeneratedRegex(@"\blistening grpc=(?<grpc>\S+) http=(?<http>\S+)$")]
    private static partial Regex Line();
}
