using MedMoE.Mesh.Expert;
using MedMoE.Mesh.Serving.Hosting;

return await ServiceHost.RunAsync(() => ExpertApp.Create(args));
