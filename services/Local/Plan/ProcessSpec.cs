using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Local.Plan;

/// <summary>A service that the mesh runs, each replica of it as a process.</summary>
/// <param name="Project">The service's project, and so its assembly.</param>
/// <param name="Service">What the mesh calls it as.</param>
/// <param name="Arguments">Its command line.</param>
/// <param name="Replicas">How many run at first.</param>
internal sealed record ProcessSpec(string Project, MeshService Service, IReadOnlyList<string> Arguments, int Replicas = 1)
{
    /// <summary>What a user calls it: an expert by its name alone.</summary>
    public string ShortName => Service.Expert ?? Service.Name;

    /// <summary>Whether other services call it: of those there may be several replicas. The gateway has its one port.</summary>
    public bool IsCalled => Service.Kind.IsCalled;

    /// <summary>
    /// The service as it starts again after it listened there: the gateway on its port, which clients know. The others take a new one, to which
    /// callers connect as soon as they hear of it, and not only when their back-off is over.
    /// </summary>
    /// <param name="grpc">HOST:PORT of gRPC.</param>
    public ProcessSpec At(string grpc) => IsCalled ? this
        : this with { Arguments = [.. Arguments, $"--Serving:GrpcPort={grpc.Split(':')[^1]}"] };

    /// <summary>Its assembly: artifacts/bin/PROJECT/CONFIGURATION/, beside this program's.</summary>
    public string Assembly
    {
        get
        {
            var here = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(here.Parent!.Parent!.FullName, Project, here.Name, $"MedMoE.Mesh.{Project}.dll");
        }
    }
}
