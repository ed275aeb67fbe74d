using MedMoE.Mesh.Local.Plan;
using MedMoE.Mesh.Local.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MedMoE.Mesh.Local.Control;

/// <summary>Accepts commands for a running mesh, over HTTP on a Unix socket in its folder.</summary>
internal static class ControlServer
{
    public const string StatusPath = "/status";
    public const string ScalePath = "/scale";

    /// <summary>
    /// GET /status, and POST /scale with <c>ct=3,backbone=2</c>, answer with the <see cref="MeshStatus"/>, or with 400 and the reason.
    /// </summary>
    public static async Task<WebApplication> Start(string socket, string model, Supervisor supervisor, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket));
        var app = builder.Build();
        app.Run(context => Answer(context, model, supervisor));
        await app.StartAsync(cancellation);
        return app;
    }

    private static async Task Answer(HttpContext context, string model, Supervisor supervisor)
    {
        try
        {
            switch (context.Request.Method, context.Request.Path.Value)
            {
                case ("GET", StatusPath):
                    break;
                case ("POST", ScalePath):
                    using (var reader = new StreamReader(context.Request.Body))
                    {
                        var counts = ReplicaCounts.Parse(await reader.ReadToEndAsync(context.RequestAborted), supervisor.Plan.Services);
                        // Not cancelled when the client disconnects: a change that has begun is completed.
                        await supervisor.Scale(counts, CancellationToken.None);
                    }
                    break;
                default:
                    context.Response.StatusCode = StatusCodes.Status404NotFound;
                    return;
            }
            await context.Response.WriteAsJsonAsync(new MeshStatus(Environment.ProcessId, model, supervisor.Status()), context.RequestAborted);
        }
        catch (LocalMeshException e)
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
}
