using System.CommandLine;
using MedMoE.Mesh.Local.Control;
using MedMoE.Mesh.Local.Versions;

namespace MedMoE.Mesh.Local;

/// <summary>A command that asks a running mesh for something, and shows the versions of its model then.</summary>
internal sealed class VersionCommand : Command
{
    private readonly Option<string> _name = NameOption.Create();

    private VersionCommand(string verb, string description, Func<ControlClient, CancellationToken, Task<MeshStatus>> ask)
        : base(verb, description)
    {
        Options.Add(_name);
        SetAction(async (arguments, cancellation) =>
        {
            using var mesh = new ControlClient(arguments.GetRequiredValue(_name));
            await Console.Out.WriteLineAsync(VersionTable.Format((await ask(mesh, cancellation)).Versions));
            return 0;
        });
    }

    /// <summary><c>mesh promote</c>.</summary>
    public static VersionCommand Promote() => new(
        "promote", "Lets the candidate serve, in place of the version before: its running calls finish, and what only it needs ends.",
        (mesh, cancellation) => mesh.Promote(cancellation));

    /// <summary><c>mesh rollback</c>.</summary>
    public static VersionCommand Rollback() => new(
        "rollback", "Ends the candidate. Without one: starts the previous version again, in place of the one that serves.",
        (mesh, cancellation) => mesh.Rollback(cancellation));

    /// <summary><c>mesh versions</c>.</summary>
    public static VersionCommand Versions() => new(
        "versions", "Shows the versions of the model in a running mesh: their share of the calls, and the services that only they have.",
        (mesh, cancellation) => mesh.Status(cancellation));
}
