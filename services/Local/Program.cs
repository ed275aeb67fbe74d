using System.CommandLine;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Local;
using MedMoE.Mesh.Local.Keys;

return CommandHost.Run(
    new RootCommand("Runs the whole mesh on this machine.")
    {
        new UpCommand(), new PsCommand(), new ScaleCommand(), new DownCommand(), new DeployCommand(), VersionCommand.Promote(),
        VersionCommand.Rollback(), VersionCommand.Versions(), new KeyCommand(),
    },
    args);
