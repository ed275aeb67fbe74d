using System.CommandLine;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.GpuCheck;

return CommandHost.Run(
    new RootCommand("What tests/gpu/run has done in .NET; each verb prints JSON.")
    {
        new GoldensCommand(), new FullSizeCommand(), new NetworksCommand(), new CallsCommand(),
    },
    args);
