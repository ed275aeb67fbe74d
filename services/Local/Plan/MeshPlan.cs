using System.Globalization;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Serving.Endpoints;

namespace MedMoE.Mesh.Local.Plan;

/// <summary>The processes of a mesh.</summary>
internal sealed record MeshPlan(IReadOnlyList<ProcessSpec> Services)
{
    /// <summary>The mesh of a bundle: its backbone, text encoder and experts, the router in front of them, and the gateway.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="manifest">The bundle's.</param>
    /// <param name="endpointsFile">Path of the file that tells services where the others are.</param>
    /// <param name="redis">HOST:PORT of the feature cache.</param>
    /// <exception cref="LocalMeshException">Replicas of a service that is not there.</exception>
    public static MeshPlan For(UpOptions options, BundleManifest manifest, string endpointsFile, string redis)
    {
        string[] model = [$"--Model:Bundle={Path.GetFullPath(options.Bundle)}"];
        string[] network = [.. model, $"--Model:Device={options.Device}", $"--Model:Precision={options.Precision}"];
        var endpoints = $"--Endpoints:File={endpointsFile}";
        ProcessSpec[] services =
        [
            new("Backbone", MeshService.Backbone, Arguments(0, network)),
            new("TextEncoder", MeshService.TextEncoder, Arguments(0, network)),
            .. manifest.Experts.Select(expert =>
                new ProcessSpec("Expert", MeshService.ExpertNamed(expert.Name), Arguments(0, [$"--Expert:Name={expert.Name}", .. network]))),
            new("Router", MeshService.Router, Arguments(
                0, [.. model, endpoints, $"--Cache:Redis={redis}", $"--Router:PyramidType={options.Pyramid.ToUpperInvariant()}"])),
            new("Gateway", null, Arguments(options.Port, [endpoints])),
        ];
        if (options.Only.Count > 0)
        {
            services = [.. services.Where(s => options.Only.Contains(s.ShortName))];
        }
        var counts = ReplicaCounts.Parse(options.Replicas, services);
        return new MeshPlan([.. services.Select(s => s with { Replicas = counts.GetValueOrDefault(s.ShortName, 1) })]);

        string[] Arguments(int grpcPort, string[] own) =>
        [
            "--Serving:Address=127.0.0.1",
            string.Create(CultureInfo.InvariantCulture, $"--Serving:GrpcPort={grpcPort}"),
            "--Serving:HttpPort=0",
            "--Serving:StopWithInput=true",
            .. own,
            .. options.Settings.Select(setting => $"--{setting}"),
        ];
    }
}
