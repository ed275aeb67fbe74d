using System.CommandLine;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Phantoms;

return CommandHost.Run(new RootCommand("Makes synthetic studies.") { new PhantomsCommand() }, args);
