using System.CommandLine;
using MedMoE.Mesh.Bench;
using MedMoE.Mesh.Commands;

return CommandHost.Run(new RootCommand("Measures MedMoE.Mesh.") { new BenchCommand() }, args);
