using System.CommandLine;
using MedMoE.Mesh.Local.Control;
using MedMoE.Mesh.Local.Versions;

namespace MedMoE.Mesh.Local;

/// <summary><c>mesh versions</c>: the versions of the model in a running mesh.</summary>
internal sealed class VersionsCommand : Command
{
    private readonly Option<string> _name = NameOption.Create();

    public VersionsCommand()
        : base("versions", "Shows the versions of the model in a running mesh: their share of the calls, and the services that only they have.")
    {
        Options.Add(_name);
        SetAction(async (arguments, cancellation) =>
        {
            using var mesh = new ControlClient(arguments.GetRequiredValue(_name));
            await Console.Out.WriteLineAsync(VersionTable.Format((await mesh.Status(cancellation)).Versions));
            return 0;
        });
    }
}
