using System.CommandLine;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Trainer.Bundles;
using MedMoE.Mesh.Trainer.Phantoms;

return CommandHost.Run(
    new RootCommand("Makes, checks and trains MedMoE bundles.")
    {
        new Command("bundle", "Model bundles.") { new CheckCommand(), new ImportCommand() },
        new PhantomsCommand(),
    },
    args);
