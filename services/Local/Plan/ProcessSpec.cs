using System.Globalization;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Local.Plan;

/// <summary>A service of the mesh and its command line. Each replica of it is a process.</summary>
internal sealed record ProcessSpec(string Project, MeshService Service, IReadOnlyList<string> Arguments, int Replicas = 1)
{
    /// <summary>Number of the version that first had the service, see <see cref="MeshVersion.Number"/>.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Tells the services of all versions apart, in logs: "expert-ct", in the second version "expert-ct.v2".</summary>
    public string Name => Version == 1 ? Service.Name : string.Create(CultureInfo.InvariantCulture, $"{Service.Name}.v{Version}");

    /// <summary>The name for users: an expert's without a prefix.</summary>
    public string ShortName => Service.Expert ?? Service.Name;

    /// <summary>Whether other services call it, so that it may have several replicas. The gateway has a single port.</summary>
    public bool IsCalled => Service.Kind.IsCalled;

    /// <summary>
    /// The service for a restart. The gateway keeps its port, which clients know. Other services get a new one, so that callers connect as soon as
    /// they learn it, without waiting for the back-off of the old one.
    /// </summary>
    /// <param name="grpc">HOST:PORT of gRPC.</param>
    public ProcessSpec At(string grpc) => IsCalled ? this
        : this with { Arguments = [.. Arguments, $"--Serving:GrpcPort={grpc.Split(':')[^1]}"] };

    /// <summary>artifacts/bin/PROJECT/CONFIGURATION/, next to this program's.</summary>
    public string Assembly
    {
        get
        {
            var here = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(here.Parent!.Parent!.FullName, Project, here.Name, $"MedMoE.Mesh.{Project}.dll");
        }
    }
}
