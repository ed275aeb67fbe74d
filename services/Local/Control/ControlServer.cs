using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Local.Plan;
using MedMoE.Mesh.Local.Processes;
using MedMoE.Mesh.Local.Versions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MedMoE.Mesh.Local.Control;

/// <summary>Accepts commands for a running mesh, over HTTP on a Unix socket in its folder.</summary>
internal sealed class ControlServer(Supervisor supervisor, MeshVersions versions)
{
    public const string StatusPath = "/status";
    public const string ScalePath = "/scale";
    public const string DeployPath = "/deploy";
    public const string PromotePath = "/promote";
    public const string RollbackPath = "/rollback";

    /// <summary>
    /// GET /status, POST /scale with <c>ct=3,backbone=2</c>, /deploy with a <see cref="DeployRequest"/>, /promote and /rollback answer with the
    /// <see cref="MeshStatus"/>, or with 400 and the reason.
    /// </summary>
    public async Task<WebApplication> Start(string socket, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket));
        var app = builder.Build();
        app.Run(Answer);
        await app.StartAsync(cancellation);
        return app;
    }

    private async Task Answer(HttpContext context)
    {
        try
        {
            if (await Change(context.Request) is not { } done)
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }
            await done;
            await context.Response.WriteAsJsonAsync(
                new MeshStatus(Environment.ProcessId, versions.Status(), supervisor.Status()), context.RequestAborted);
        }
        catch (InvalidInputException e)
        {
            await Refuse(e.Message);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            await Refuse("the mesh is stopping");
        }

        Task Refuse(string reason)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return context.Response.WriteAsync(reason, CancellationToken.None);
        }
    }

    /// <summary>Begins what is asked for, which is not cancelled when the client disconnects: a change that has begun is completed.</summary>
    private async Task<Task?> Change(HttpRequest request)
    {
        var aborted = request.HttpContext.RequestAborted;
        switch (request.Method, request.Path.Value)
        {
            case ("GET", StatusPath):
                return Task.CompletedTask;
            case ("POST", ScalePath):
                using (var reader = new StreamReader(request.Body))
                {
                    return Scale(await reader.ReadToEndAsync(aborted));
                }
            case ("POST", DeployPath):
                var deploy = (await request.ReadFromJsonAsync<DeployRequest>(aborted))!;
                return versions.Deploy(deploy.Bundle, new CandidateShare(deploy.Weight, deploy.Shadow), CancellationToken.None);
            case ("POST", PromotePath):
                return versions.Promote(CancellationToken.None);
            case ("POST", RollbackPath):
                return versions.Rollback(CancellationToken.None);
            default:
                return null;
        }
    }

    /// <summary>Also of a candidate's own replicas, so that it bears the same load.</summary>
    private Task Scale(string text)
    {
        var all = supervisor.Versions;
        var counts = ReplicaCounts.Parse(text, all.Present.Services);
        return supervisor.Scale(
            all.Services.Where(spec => counts.ContainsKey(spec.ShortName)).ToDictionary(spec => spec, spec => counts[spec.ShortName]),
            CancellationToken.None);
    }
}
