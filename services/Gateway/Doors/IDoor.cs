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
/// Finds what a request asks for. Throws <see cref="DoorException"/> for a request that is refused with problem details, before it is a call.
/// </param>
internal sealed record DoorRoute(string Verb, string Path, Func<HttpRequest, DoorCall> Open);
