using System.CommandLine;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Local.Control;
using MedMoE.Mesh.Local.Plan;
using MedMoE.Mesh.Local.Processes;

namespace MedMoE.Mesh.Local;

/// <summary><c>mesh scale</c>: changes the replicas of a running mesh.</summary>
internal sealed class ScaleCommand : Command
{
    private readonly Argument<string[]> _replicas = new Argument<string[]>("REPLICAS")
    {
        Description = $"Replicas, {ReplicaCounts.Named}; others do not change.",
    }.Listed();
    private readonly Option<string> _name = NameOption.Create();

    public ScaleCommand()
        : base("scale", "Changes the replicas of a running mesh, and waits until new ones are healthy and surplus ones have ended.")
    {
        Arguments.Add(_replicas);
        Options.Add(_name);
        SetAction(async (arguments, cancellation) =>
        {
            using var mesh = new ControlClient(arguments.GetRequiredValue(_name));
            var status = await mesh.Scale(string.Join(',', arguments.GetRequiredValue(_replicas)), cancellation);
            await Console.Out.WriteLineAsync(StatusTable.Format(status.Replicas));
            return 0;
        });
    }
}
