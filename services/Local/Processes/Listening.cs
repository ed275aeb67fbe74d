using System.Text.RegularExpressions;

namespace MedMoE.Mesh.Local.Processes;

/// <summary>Addresses (HOST:PORT) of a service on this machine, read from its log.</summary>
/// <param name="Grpc">Of gRPC.</param>
/// <param name="Http">Of health and metrics.</param>
/// <param name="Doors">Of the gateway's doors: that of HTTP, unless they have a port of their own.</param>
internal sealed partial record Listening(string Grpc, string Http, string Doors)
{
    /// <returns>Null for any other line.</returns>
    public static Listening? Parse(string line) =>
        Line().Match(line) is { Success: true } match
            ? new Listening(
                Reached(match.Groups["grpc"].Value), Reached(match.Groups["http"].Value),
                Reached(match.Groups[match.Groups["doors"].Success ? "doors" : "http"].Value)) : null;

    /// <summary>A wildcard address cannot be called. [::] accepts IPv4 as well, and 127.0.0.1 also exists on machines without ::1.</summary>
    private static string Reached(string listening) => Everywhere().Replace(listening, "127.0.0.1:");

    [GeneratedRegex(@"^(\[::\]|0\.0\.0\.0):")]
    private static partial Regex Everywhere();

    // Quotes end the line as JSON.
    [GeneratedRegex(@"\blistening grpc=(?<grpc>[^\s""]+) http=(?<http>[^\s""]+)( doors=(?<doors>[^\s""]+))?")]
    private static partial Regex Line();
}
