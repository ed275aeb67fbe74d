using MedMoE.Mesh.Gateway;
using MedMoE.Mesh.Serving.Hosting;

return await ServiceHost.RunAsync(() => GatewayApp.Create(args));
