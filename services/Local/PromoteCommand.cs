using System.CommandLine;
using MedMoE.Mesh.Local.Control;
using MedMoE.Mesh.Local.Versions;

namespace MedMoE.Mesh.Local;

/// <summary><c>mesh promote</c>: lets the candidate serve.</summary>
internal sealed class PromoteCommand : Command
{
    private readonly Option<string> _name = NameOption.Create();

    public PromoteCommand()
        : base("promote", "Lets the candidate serve, in place of the version before: its running calls finish, and what only it needs ends.")
    {
        Options.Add(_name);
        SetAction(async (arguments, cancellation) =>
        {
            using var mesh = new ControlClient(arguments.GetRequiredValue(_name));
            await Console.Out.WriteLineAsync(VersionTable.Format((await mesh.Promote(cancellation)).Versions));
            return 0;
        });
    }
}
