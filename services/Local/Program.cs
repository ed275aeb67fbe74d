using System.CommandLine;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Local;

return CommandHost.Run(
    new RootCommand("Runs the whole mesh on this machine.") { new UpCommand(), new PsCommand(), new ScaleCommand(), new DownCommand() }, args);
