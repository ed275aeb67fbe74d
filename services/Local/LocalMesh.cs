using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Local.Control;
using MedMoE.Mesh.Local.Plan;
using MedMoE.Mesh.Local.Processes;
using MedMoE.Mesh.Local.Versions;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.AspNetCore.Builder;

namespace MedMoE.Mesh.Local;

internal static class LocalMesh
{
    /// <summary>Runs a plan until a signal arrives. No process is left running, even after an error.</summary>
    /// <exception cref="LocalMeshException">A service cannot start.</exception>
    public static async Task Run(
        MeshPlan plan, ServiceArguments arguments, ModelBundle bundle, RuntimeFolder folder, MeshLog log, StopSignals signals)
    {
        var supervisor = new Supervisor(plan, folder.Endpoints.Gateway, log, TimeProvider.System);
        using var versions = new MeshVersions(
            supervisor, arguments, bundle, (version, cancellation) => WaitUntilAnswered(supervisor, version, cancellation), log);
        WebApplication? control = null;
        try
        {
            control = await new ControlServer(supervisor, versions).Start(folder.Socket, signals.Stop);
            await supervisor.Start(signals.Stop);
            await WaitUntilAnswered(supervisor, plan.Version, signals.Stop);
            Announce(supervisor.Status(), GatewayOf(supervisor), plan, log);
            using var idle = new IdleExperts(supervisor, log, TimeProvider.System);
            await (plan.Idle.Count > 0 ? idle.Run(signals.Stop) : Task.Delay(Timeout.Infinite, signals.Stop));
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            log.Info("stopping; repeat the signal to stop immediately");
        }
        finally
        {
            await supervisor.Stop(signals.Hurry);
            await (control?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    /// <summary>Waits until each expert of a version that runs has answered through the gateway, if there is one.</summary>
    private static async Task WaitUntilAnswered(Supervisor supervisor, MeshVersion version, CancellationToken cancellation)
    {
        if (GatewayOf(supervisor) is { } gateway)
        {
            var experts = version.Services.Where(spec => supervisor.StatusOf(spec).Any(replica => replica.Number > 0));
            await FrontDoor.WaitUntilReady(
                gateway.Grpc, supervisor.Plan, version, experts.Select(spec => spec.Service.Expert).OfType<string>(), cancellation);
        }
    }

    private static Listening? GatewayOf(Supervisor supervisor) =>
        supervisor.Status().FirstOrDefault(replica => replica.Service == ServiceCatalog.Gateway.Name)?.Listening;

    private static void Announce(IReadOnlyList<ReplicaStatus> replicas, Listening? gateway, MeshPlan plan, MeshLog log)
    {
        log.Write($"\n{StatusTable.Format(replicas)}\n");
        if (gateway is not null)
        {
            const string image = "services/Trainer/Demo/studies/images/xray-000004.png";
            const string report = "The right hemithorax shows a medium pleural fluid collection.";
            var trust = plan.Certificates switch
            {
                null => "",
                // By the name in it, and the system's authorities.
                { IsPublic: true } => " --tls",
                var certificates => $" --authority {certificates.Authority}",
            };
            var key = plan.Key is null ? "" : " --key FILE";
            log.Write($"./mesh analyze --server {gateway.Grpc}{trust}{key} --image {image} --report \"{report}\"\n");
            // By its address a gateway shows the run's certificate, also if it has a public one.
            var (scheme, cacert) = plan.Certificates is { } run ? (Uri.UriSchemeHttps, $" --cacert {run.Authority}") : (Uri.UriSchemeHttp, "");
            var header = plan.Key is null ? "" : " --header \"x-api-key: KEY\"";
            log.Write($"curl{cacert}{header} --form image=@{image} --form \"report={report}\" {scheme}://{gateway.Doors}/v1/analyze\n");
            log.Write($"all requests, in a browser: {scheme}://{gateway.Doors}{CallHeaders.DocsPath}\n");
            log.Signal($"ready gateway={gateway.Grpc}");
        }
        else
        {
            log.Signal("ready");
        }
    }
}
