using System.CommandLine;
using MedMoE.Mesh.Local.Control;
using MedMoE.Mesh.Local.Versions;

namespace MedMoE.Mesh.Local;

/// <summary><c>mesh rollback</c>: ends the candidate, or goes back to the previous version.</summary>
internal sealed class RollbackCommand : Command
{
    private readonly Option<string> _name = NameOption.Create();

    public RollbackCommand()
        : base("rollback", "Ends the candidate. Without one: starts the previous version again, in place of the one that serves.")
    {
        Options.Add(_name);
        SetAction(async (arguments, cancellation) =>
        {
            using var mesh = new ControlClient(arguments.GetRequiredValue(_name));
            await Console.Out.WriteLineAsync(VersionTable.Format((await mesh.Rollback(cancellation)).Versions));
            return 0;
        });
    }
}
