using System.CommandLine;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.LoadTester;

return CommandHost.Run(new RootCommand("Puts load on a mesh and judges what it measured.") { new LoadCommand() }, args);
