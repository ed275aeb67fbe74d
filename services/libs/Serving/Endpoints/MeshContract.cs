using System.Collections.Frozen;
using Google.Protobuf.Reflection;
using Grpc.Health.V1;
using MedMoE.Mesh.Wire.Catalog;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>What the protos say of the mesh's services.</summary>
public static class MeshContract
{
    /// <summary>What reflection tells: the mesh's services and those that the gateway has of its own.</summary>
    public static IReadOnlyList<ServiceDescriptor> Reflected { get; } =
    [
        .. ServiceCatalog.Contracts,
        Health.Descriptor,
        Grpc.Reflection.V1.ServerReflection.Descriptor, Grpc.Reflection.V1Alpha.ServerReflection.Descriptor,
    ];

    private static readonly FrozenDictionary<string, MethodDescriptor> _methods =
        Reflected.SelectMany(service => service.Methods).ToFrozenDictionary(PathOf);

    /// <summary>A method's path, by which metrics know it.</summary>
    public static string PathOf(MethodDescriptor method) => $"/{method.Service.FullName}/{method.Name}";

    /// <summary>The method with this path, or null.</summary>
    public static MethodDescriptor? MethodAt(string path) => _methods.GetValueOrDefault(path);

    /// <summary>Whether a method is of health checks or reflection: they go on while a service stops, and are not counted.</summary>
    public static bool IsInfrastructure(string path) =>
        path.AsSpan().TrimStart('/') is var method && (method.StartsWith("grpc.health.") || method.StartsWith("grpc.reflection."));

    /// <summary>
    /// The method that a call is counted under: "unknown" where the mesh has none at this path, because a caller may make up methods and metrics
    /// must not keep them. Null for what is not counted.
    /// </summary>
    public static string? CountedMethod(string path) =>
        IsInfrastructure(path) ? null : _methods.ContainsKey(path) ? path : "unknown";
}
