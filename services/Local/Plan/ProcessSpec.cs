using MedMoE.Mesh.Local.Processes;
using MedMoE.Mesh.Serving.Endpoints;

namespace MedMoE.Mesh.Local.Plan;

/// <summary>A service that the mesh runs, each replica of it as a process.</summary>
/// <param name="Project">The service's project, and so its assembly.</param>
/// <param name="Serves">What the mesh calls it as; null for the gateway, which only clients call.</param>
/// <param name="Arguments">Its command line.</param>
/// <param name="Replicas">How many run at first.</param>
internal sealed record ProcessSpec(string Project, MeshService? Serves, IReadOnlyList<string> Arguments, int Replicas = 1)
{
    public const string Gateway = "gateway";

    /// <summary>Its name in the table and before its log lines: "backbone", "expert-ct".</summary>
    public string Name => Serves switch
    {
        null => Gateway,
        { Kind: ServiceKind.Expert } => $"expert-{Serves.Expert}",
        _ => Serves.ToString().Replace(' ', '-'),
    };

    /// <summary>What a user calls it: an expert by its name alone.</summary>
    public string ShortName => Serves?.Expert ?? Name;

    /// <summary>Callers stop before those they call: 0 stops first.</summary>
    public int StopsAt => Serves?.Kind switch
    {
        null => 0,
        ServiceKind.Router => 1,
        _ => 2,
    };

    /// <summary>
    /// The service as it starts again after it listened there: the gateway on its port, which clients know. The others take a new one, to which
    /// callers connect as soon as they hear of it, and not only when their back-off is over.
    /// </summary>
    public ProcessSpec At(Listening listening) => Serves is not null ? this
        : this with { Arguments = [.. Arguments, $"--Serving:GrpcPort={listening.Grpc.Split(':')[^1]}"] };

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
