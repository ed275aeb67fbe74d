using System.CommandLine;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.LoadTester;

return CommandHost.Run(new RootCommand("Puts load on a mesh and checks the measurements.") { new LoadCommand() }, args);
