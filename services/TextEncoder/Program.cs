using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.TextEncoder;

return await ServiceHost.RunAsync(() => TextEncoderApp.Create(args));
