using System.CommandLine;
using MedMoE.Mesh.Local.Control;
using MedMoE.Mesh.Local.Plan;
using MedMoE.Mesh.Local.Processes;

namespace MedMoE.Mesh.Local;

/// <summary><c>mesh ps</c>: the running meshes of this user.</summary>
internal sealed class PsCommand : Command
{
    public PsCommand()
        : base("ps", "Shows the running meshes of this user: name, model, process, and the addresses of every replica.") => SetAction(Run);

    private static async Task<int> Run(ParseResult arguments, CancellationToken cancellation)
    {
        var running = 0;
        foreach (var name in RuntimeFolder.Names())
        {
            using var mesh = new ControlClient(name);
            try
            {
                var status = await mesh.Status(cancellation);
                Console.WriteLine($"{(running++ > 0 ? "\n" : "")}{name}: {status.Model}, process {status.Pid}");
                Console.WriteLine(StatusTable.Format(status.Replicas));
            }
            catch (LocalMeshException)
            {
                // It has just ended, or a crash left its folder.
            }
        }
        if (running == 0)
        {
            Console.WriteLine("no mesh is running; start one with ./mesh up");
        }
        return 0;
    }
}
