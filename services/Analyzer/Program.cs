using System.CommandLine;
using MedMoE.Mesh.Analyzer;
using MedMoE.Mesh.Commands;

return CommandHost.Run(new RootCommand("Analyses images.") { new AnalyzeCommand() }, args);
