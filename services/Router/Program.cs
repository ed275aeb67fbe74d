using MedMoE.Mesh.Router;
using MedMoE.Mesh.Serving.Hosting;

return await ServiceHost.RunAsync(() => RouterApp.Create(args));
