using System.Collections.Frozen;
using Google.Protobuf.Reflection;
using Grpc.Health.V1;
using MedMoE.Mesh.Orca;
using MedMoE.Mesh.Wire.Catalog;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace MedMoE.Mesh.Serving.Endpoints;

public static class MeshContract
{
    /// <summary>Services shown by reflection: the mesh's and the gateway's own.</summary>
    public static IReadOnlyList<ServiceDescriptor> Reflected { get; } =
    [
        .. ServiceCatalog.Contracts,
        Health.Descriptor, OpenRcaService.Descriptor,
        Grpc.Reflection.V1.ServerReflection.Descriptor, Grpc.Reflection.V1Alpha.ServerReflection.Descriptor,
    ];

    private static readonly FrozenDictionary<string, MethodDescriptor> _methods =
        Reflected.SelectMany(service => service.Methods).ToFrozenDictionary(PathOf);

    /// <summary>A method's path, its name in metrics.</summary>
    public static string PathOf(MethodDescriptor method) => $"/{method.Service.FullName}/{method.Name}";

    public static MethodDescriptor? MethodAt(string path) => _methods.GetValueOrDefault(path);

    /// <summary>Whether a method belongs to health checks, reflection or load reports, which are not counted.</summary>
    public static bool IsInfrastructure(string path) =>
        path.AsSpan().TrimStart('/') is var method
        && (method.StartsWith("grpc.health.") || method.StartsWith("grpc.reflection.") || method.StartsWith("xds.service.orca."));

    /// <summary>
    /// The method that a call is counted under; null if it is not counted. A path without a method is "unknown", because callers can invent paths and
    /// metrics must not store them.
    /// </summary>
    public static string? CountedMethod(string path) => IsInfrastructure(path) ? null : _methods.ContainsKey(path) ? path : "unknown";
}
