namespace MedMoE.Mesh.Gateway.Doors;

/// <summary>
/// A way in for clients of another protocol, over HTTP/1.1. Each of its requests stands for one call of gRPC. The call passes through the gateway as
/// if it had come over gRPC: with the same keys, rights, limits, metrics and audit.
/// </summary>
internal interface IDoor
{
    IReadOnlyList<DoorRoute> Routes { get; }
}

/// <summary>Requests of one kind.</summary>
/// <param name="Verb">The HTTP method.</param>
/// <param name="Path">The path, as a template of ASP.NET: parameters in braces are found in the request's route values.</param>
/// <param name="Open">
/// Reads the head of a request, not yet its body: the caller is not known yet. Throws <see cref="DoorException"/> for a request that is refused for
/// it.
/// </param>
internal sealed record DoorRoute(string Verb, string Path, Func<HttpRequest, DoorCall> Open);
