using System.CommandLine;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Resilience.Attacks;
using MedMoE.Mesh.Resilience.Faults;

const string Description = "What an honest client of a mesh feels while others attack it or its replicas are lost.";
return CommandHost.Run(new RootCommand(Description) { new AttacksCommand(), new AttackCommand(), new FaultsCommand() }, args);
