using System.CommandLine;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Trainer;
using MedMoE.Mesh.Trainer.Ablation;
using MedMoE.Mesh.Trainer.Bundles;

return CommandHost.Run(
    new RootCommand("Creates, checks and trains MedMoE bundles.")
    {
        new Command("bundle", "Model bundles.") { new CheckCommand(), new CreateCommand(), new ImportCommand() },
        new TrainCommand(),
        new EvaluateCommand(),
        new AblateCommand(),
    },
    args);
