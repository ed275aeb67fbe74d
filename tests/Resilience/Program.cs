using System.CommandLine;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Resilience.Attacks;
using MedMoE.Mesh.Resilience.Balance;
using MedMoE.Mesh.Resilience.Costs;
using MedMoE.Mesh.Resilience.Doors;
using MedMoE.Mesh.Resilience.Faults;
using MedMoE.Mesh.Resilience.Memory;
using MedMoE.Mesh.Resilience.Shares;

const string Description = "What an honest client of a mesh feels while others attack it or its replicas are lost, and what security and doors cost.";
var commands = new RootCommand(Description)
{
    new AttacksCommand(), new AttackCommand(), new FaultsCommand(), new SharesCommand(), new GreedyCommand(), new MemoryCommand(), new CostsCommand(),
    new DoorsCommand(), new BalanceCommand(),
};
return CommandHost.Run(commands, args);
