using Grpc.Core;
using MedMoE.Mesh.Serving.Hosting;

namespace MedMoE.Mesh.Gateway.Doors;

/// <summary>
/// Keeps health and metrics off the doors' port, and all else off the other one, where the two are apart: clients from outside reach only the first,
/// and the cluster's probes and Prometheus only the second.
/// </summary>
internal sealed class DoorPort(RequestDelegate next, Listeners listeners)
{
    public Task InvokeAsync(HttpContext context)
    {
        var isAtDoors = listeners.DoorsHaveOwnPort && context.Connection.LocalPort == listeners.Doors.Port;
        if (!listeners.DoorsHaveOwnPort || isAtDoors != (context.Request.Path.Value is CallHeaders.HealthPath or CallHeaders.MetricsPath))
        {
            return next(context);
        }
        var problem = new Problem(StatusCode.NotFound, "no such path on this port");
        problem.WriteHead(context.Response);
        problem.WriteBody(context.Response.BodyWriter);
        return Task.CompletedTask;
    }
}
