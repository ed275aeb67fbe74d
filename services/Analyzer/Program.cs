using MedMoE.Mesh.Analyzer;
using MedMoE.Mesh.Commands;

return CommandHost.Run(new AnalyzeCommand(), args);
