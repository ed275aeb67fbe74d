using MedMoE.Mesh.Backbone;
using MedMoE.Mesh.Serving.Hosting;

return await ServiceHost.RunAsync(() => BackboneApp.Create(args));
