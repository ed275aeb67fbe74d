using System.Collections.Frozen;
using Google.Protobuf.Reflection;
using Grpc.Health.V1;
using MedMoE.Mesh.Wire.Catalog;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>What the protos say of the mesh's services.</summary>
public static class MeshContract
{
    private const string OwnPackage = "medmoe.mesh.";

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

    /// <summary>Whether a service is the mesh's. Health checks and reflection are not.</summary>
    /// <param name="service">Its full name: "medmoe.mesh.v1.RouterService".</param>
    public static bool IsOwn(ReadOnlySpan<char> service) => service.StartsWith(OwnPackage);

    /// <summary>The same of a method's path.</summary>
    public static bool IsOwnMethod(string path) => IsOwn(path.AsSpan().TrimStart('/'));

    /// <summary>
    /// The method that a call is counted under: "unknown" where the mesh has none at this path, because a caller may make up methods and metrics
    /// must not keep them. Null for health checks and reflection, which do not count.
    /// </summary>
    public static string? CountedMethod(string path) =>
        !IsOwnMethod(path) ? null : _methods.ContainsKey(path) ? path : "unknown";
}
